-- Writes a stream anew, under the same places, with what is left of its records.
--
-- KEYS: head, log, live (all of one partition)
-- ARGV: the version that was read, stream, the summary that is left or nothing, then all records
-- Answers: 1, or 0 if the stream went on meanwhile.
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[2])
for place = 4, #ARGV do
  redis.call('XADD', KEYS[2], string.format('%.0f-0', place - 3), 'r', ARGV[place])
end
if ARGV[3] ~= '' and redis.call('HEXISTS', KEYS[3], ARGV[2]) == 1 then
  redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
end
return 1
