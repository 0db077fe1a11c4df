-- Requests that were prepared, one a line of a file: method, path, body and headers (name, value), with tabs between.
-- Arguments: the file; "once" (each line once, `dry` tells when there were too few) or "again" (in a circle).
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")

local requests, number, again = {}, 0, false

function init(args)
  again = args[2] == "again"
  for line in io.lines(args[1]) do
    local parts = {}
    for part in line:gmatch("[^\t]+") do
      table.insert(parts, part)
    end
    local headers = {["Content-Type"] = "application/json"}
    for place = 4, #parts, 2 do
      headers[parts[place]] = parts[place + 1]
    end
    table.insert(requests, wrk.format(parts[1], parts[2], headers, parts[3] ~= "-" and parts[3] or nil))
  end
end

function request()
  number = number + 1
  if number > #requests then
    dry = not again
    number = 1
  end
  return requests[number]
end
