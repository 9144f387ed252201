-- One conditional append: all of it or nothing, in one step of the server.
--
-- KEYS: head, log, journal, live, hints (all of one partition)
-- ARGV: expected version, the identity of the record there ('' if nobody says), stream, what
--       becomes of the summary (keep, put, remove), the summary, how much to show of what the
--       caller does not know, who appends, the identity of the last of the records, then these
-- Answers: 1, the version after it and nothing; or 0, the version that it found and what follows
--          the expected one, with the record there in front.
local head = redis.call('GET', KEYS[1])
local version, last = 0, ''
if head then
  version, last = string.match(head, '^(%d+) (%w+)$')
  version = tonumber(version)
end
local expected = tonumber(ARGV[1])
if version ~= expected or (ARGV[2] ~= '' and last ~= ARGV[2]) then
  if version < expected then
    return { 0, version, {} }
  end
  local from = string.format('%.0f-0', math.max(expected, 1))
  return { 0, version, redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', ARGV[6]) }
end
for place = 9, #ARGV do
  version = version + 1
  local seq = string.format('%.0f', version)
  redis.call('XADD', KEYS[2], seq .. '-0', 'r', ARGV[place])
  redis.call('XADD', KEYS[3], '*', 's', ARGV[3], 'n', seq)
end
local seq = string.format('%.0f', version)
redis.call('SET', KEYS[1], seq .. ' ' .. ARGV[8])
if ARGV[4] == 'put' then
  redis.call('HSET', KEYS[4], ARGV[3], ARGV[5])
elseif ARGV[4] == 'remove' then
  redis.call('HDEL', KEYS[4], ARGV[3])
end
local told = { table.concat({ ARGV[7], ARGV[3], seq, ARGV[4], last }, ' '), ARGV[5] }
local size = 0
for place = 9, #ARGV do
  size = size + #ARGV[place]
  told[place - 6] = ARGV[place]
end
if size > 8192 then
  told = { told[1], told[2] }
end
redis.call('PUBLISH', KEYS[5], table.concat(told, '\n'))
return { 1, version, {} }
