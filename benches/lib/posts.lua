-- For wrk: posts to /v1/echo or, with a name, to /v1/subaddresses. Arguments: the API key, and either a name that makes this run's idempotency keys
-- differ from those of every other run, or a file of prepared requests (version, time, id and body in each line, with
-- "-" for the first three when the body is plain).

local key, name, file
local prepared, count = {}, 0

function init(words)
  key, name, file = words[1], words[2], words[3]
  if not file then return end
  for line in io.lines(file) do
    local version, time, id, body = line:match("^(%S+) (%S+) (%S+) (.*)$")
    local headers = { Authorization = "Bearer " .. key, ["Content-Type"] = "application/json" }
    if version ~= "-" then
      headers["Aio-Encryption"] = "aes-256-gcm;v=" .. version
      headers["Aio-Timestamp"], headers["Aio-Request-Id"] = time, id
    end
    prepared[#prepared + 1] = wrk.format("POST", "/v1/echo", headers, body)
  end
end

function request()
  count = count + 1
  if file then return prepared[(count - 1) % #prepared + 1] end
  local headers = { Authorization = "Bearer " .. key, ["Content-Type"] = "application/json" }
  return wrk.format("POST", wrk.path, headers, '{"chain":"bitcoin","customer_id":"' .. name .. "-" .. count .. '"}')
end
