-- Orders in one call. Arguments: SKUs, hot SKUs, per cent of lines on the hot ones, lines, tag, seed, think time in ms,
-- a coupon or nothing.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")

local headers = {["Content-Type"] = "application/json"}
local rest = '],"email":"buyer@example.com","shipping_address":{"name":"Ann Buyer","line1":"1 High Street",'
  .. '"city":"London","postal_code":"N1 1AA","country":"GB"},"shipping_option":"standard",'
  .. '"payment_method":"cash_on_delivery"'
local number, skus, hot_skus, hot_percent, lines, tag = 0

function init(args)
  skus, hot_skus, hot_percent, lines = tonumber(args[1]), tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  tag = args[5]
  math.randomseed(tonumber(args[6]))
  think(tonumber(args[7]))
  rest = rest .. (args[8] ~= "" and ',"coupons":["' .. args[8] .. '"]}' or "}")
end

function request()
  local wanted = {}
  for line = 1, lines do
    local among = math.random(100) <= hot_percent and hot_skus or skus
    wanted[line] = '{"sku":"' .. sku(math.random(among)) .. '","quantity":1}'
  end
  number = number + 1
  headers["Idempotency-Key"] = string.format("bench-%s-%010d", tag, number)
  return wrk.format("POST", "/api/v1/orders", headers, '{"lines":[' .. table.concat(wanted, ",") .. rest)
end
