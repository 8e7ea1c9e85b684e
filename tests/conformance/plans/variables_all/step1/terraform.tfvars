s = 1
n = "2"
b = "true"
l = ["a", 2]
st = ["z", "a", "z"]
m = { x = "1" }
o = { a = "q" }
t = [1, "2"]
any = { deep = [1, "x", null] }
sens = { p = "pw" }
