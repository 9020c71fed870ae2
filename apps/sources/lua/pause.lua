-- A source demanded a pause: nobody asks before it is over. A longer pause that is known already stays.
-- KEYS: gate.  ARGV: pause_ms, code, message.
local KEPT_MS = 30 * 86400 * 1000
local time = redis.call('TIME')
local over = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
redis.call('HINCRBY', KEYS[1], 'pauses', 1)
if over > (tonumber(redis.call('HGET', KEYS[1], 'not_before') or 0) or 0) then
  redis.call('HSET', KEYS[1], 'not_before', over, 'pause_code', ARGV[2], 'pause_message', ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], KEPT_MS)
