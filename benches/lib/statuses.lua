-- For wrk: counts the statuses of the answers and prints them as "status 200 1234".

local threads = {}

function setup(thread) table.insert(threads, thread) end

function init() counts = {} end

function response(status) counts[status] = (counts[status] or 0) + 1 end

function done()
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("counts")) do print("status " .. status .. " " .. count) end
  end
end
