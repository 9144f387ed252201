-- Writes a stream anew, under the same places, with what is left of its records, and puts the
-- erasure on record.
--
-- KEYS: head, log, live, erased (all of one partition)
-- ARGV: the version that was read, stream, the summary that is left or nothing, what is put on
--       record, then all records
-- Answers: 1, or 0 if the stream went on meanwhile.
local head = redis.call('GET', KEYS[1]) or '0 '
if string.match(head, '^%d+') ~= ARGV[1] then
  return 0
end
redis.call('RPUSH', KEYS[4], ARGV[4])
redis.call('DEL', KEYS[2])
for place = 5, #ARGV do
  redis.call('XADD', KEYS[2], string.format('%.0f-0', place - 4), 'r', ARGV[place])
end
if ARGV[3] ~= '' and redis.call('HEXISTS', KEYS[3], ARGV[2]) == 1 then
  redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
end
return 1
