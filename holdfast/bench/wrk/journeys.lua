-- Whole journeys: cart, lines, checkout, its fields, completion; paying is the sandbox's part. A connection takes
-- whatever step comes next of any journey. Arguments: SKUs, tag, seed. `finished` counts completed checkouts.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")

local fields = '{"email":"buyer@example.com","shipping_address":{"name":"Ann Buyer","line1":"1 High Street",'
  .. '"city":"London","postal_code":"N1 1AA","country":"GB"},"shipping_option":"standard","payment_method":"stripe"}'
local steps, first, last, tokens = {}, 1, 0, {}
local number, skus, tag = 0
finished = 0

function init(args)
  skus, tag = tonumber(args[1]), args[2]
  math.randomseed(tonumber(args[3]))
end

local function post(method, path, token, body)
  number = number + 1
  local headers = {["Content-Type"] = "application/json", ["X-Holdfast-Token"] = token}
  if method == "POST" then
    headers["Idempotency-Key"] = string.format("journey-%s-%010d", tag, number)
  end
  last = last + 1
  steps[last] = wrk.format(method, path, headers, body)
end

function request()
  if first > last then
    post("POST", "/api/v1/carts", nil, nil)
  end
  local step = steps[first]
  steps[first] = nil
  first = first + 1
  return step
end

-- What an answer is, its first member tells.
function response(status, _, body)
  if status > 299 then
    return
  end
  local cart = body:match('^{"id":"(crt_%w+)"')
  local checkout = body:match('"id":"(chk_%w+)"')
  local token = body:match('"token":"(%x+)"')
  if cart and token then
    tokens[cart] = token
    post("POST", "/api/v1/carts/" .. cart .. "/lines", token,
      '{"lines":[{"sku":"' .. sku(math.random(skus)) .. '","quantity":1},{"sku":"' .. sku(math.random(skus))
      .. '","quantity":2}]}')
  elseif cart then
    post("POST", "/api/v1/checkouts", tokens[cart], '{"cart_id":"' .. cart .. '"}')
    tokens[cart] = nil
  elseif checkout and token then
    tokens[checkout] = token
    post("PATCH", "/api/v1/checkouts/" .. checkout, token, fields)
  elseif checkout then
    post("POST", "/api/v1/checkouts/" .. checkout .. "/complete", tokens[checkout], "{}")
    tokens[checkout] = nil
  else
    finished = finished + 1
  end
end
