-- A source demanded a pause: nobody asks before it is over. A longer pause that is known already stays.
-- KEYS: gate.  ARGV: pause_ms, code, message, grows_to_ms.
-- A pause the source named itself is as long as it said (grows_to_ms 0). One without a length doubles with every demand
-- since the last good call, up to grows_to_ms; several requests of one call that are refused at once are one demand.
local gate, pause, grows_to = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[4])
local KEPT_MS = 30 * 86400 * 1000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function number(text) return tonumber(text or 0) or 0 end

local told = redis.call('HMGET', gate, 'not_before', 'pause_streak')
local streak = number(told[2])
if number(told[1]) <= now then
  streak = redis.call('HINCRBY', gate, 'pause_streak', 1)
end
if grows_to > 0 then
  pause = math.min(grows_to, pause * 2 ^ math.max(0, math.min(streak - 1, 30)))
end
local over = math.floor(now + pause)
if over > number(told[1]) then
  redis.call('HSET', gate, 'not_before', over, 'pause_code', ARGV[2], 'pause_message', ARGV[3])
end
redis.call('PEXPIRE', gate, KEPT_MS)
