-- What asking a source came to: good closes its breaker, failed may open it, permanent opens it at once.
-- KEYS: gate.  ARGV: verdict, token, code, message, threshold, pause_ms, max_pause_ms, permanent_pause_ms, host, host_ms.
-- While the breaker is open only the holder of the probe is heard. Returns opened, closed, or nothing.
local gate = KEYS[1]
local verdict, token, code, message = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local threshold, pause, max_pause, permanent = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local host, host_ms = tonumber(ARGV[9]), tonumber(ARGV[10])
local KEPT_MS = 30 * 86400 * 1000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function number(text) return tonumber(text or 0) or 0 end

local told = redis.call('HMGET', gate, 'retry_at', 'probe', 'failures', 'streak')
local is_open = number(told[1]) > 0
local is_probe = token ~= '' and told[2] == token
if is_open and not is_probe then return '' end
redis.call('PEXPIRE', gate, KEPT_MS)

if verdict == 'unknown' then
  redis.call('HDEL', gate, 'probe', 'probe_until')
  return ''
end
if verdict == 'good' then
  redis.call('HDEL', gate, 'retry_at', 'probe', 'probe_until', 'failures', 'streak', 'pause_streak')
  if host > 0 then
    redis.call('HSET', gate, 'host', host, 'host_until', now + host_ms)
  else
    redis.call('HDEL', gate, 'host', 'host_until')
  end
  return is_open and 'closed' or ''
end

local failures = number(told[3]) + 1
redis.call('HSET', gate, 'failures', failures)
if verdict == 'failed' and failures < threshold and not is_open then return '' end
local streak = is_open and number(told[4]) + 1 or 0
local length = verdict == 'permanent' and permanent or math.min(max_pause, pause * 2 ^ math.min(streak, 30))
redis.call('HDEL', gate, 'probe', 'probe_until')
redis.call('HSET', gate, 'retry_at', math.floor(now + length), 'streak', streak, 'code', code, 'message', message)
if is_open then return '' end
redis.call('HSET', gate, 'opened_at', now)
redis.call('HINCRBY', gate, 'openings', 1)
return 'opened'
