-- One conditional append: all of it or nothing, in one step of the server.
--
-- KEYS: head, log, journal, live, hints (all of one partition)
-- ARGV: expected version, stream, what becomes of the summary (keep, put, remove), the summary,
--       how much to show of what the caller does not know, then the records
-- Answers: 1, the version after it and nothing; or 0, the version that it found and what follows
--          the expected one.
local version = tonumber(redis.call('GET', KEYS[1]) or '0')
if version ~= tonumber(ARGV[1]) then
  local tail = redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[5])
  return { 0, version, tail }
end
for place = 6, #ARGV do
  version = version + 1
  redis.call('XADD', KEYS[2], string.format('%.0f-0', version), 'r', ARGV[place])
  redis.call('XADD', KEYS[3], '*', 's', ARGV[2], 'n', string.format('%.0f', version))
end
redis.call('SET', KEYS[1], string.format('%.0f', version))
if ARGV[3] == 'put' then
  redis.call('HSET', KEYS[4], ARGV[2], ARGV[4])
elseif ARGV[3] == 'remove' then
  redis.call('HDEL', KEYS[4], ARGV[2])
end
redis.call('PUBLISH', KEYS[5], ARGV[2] .. ' ' .. string.format('%.0f', version))
return { 1, version, {} }
