# 重发查询码，登记更正。
code-title = 重发查询码
code-hint = 反映人丢了查询码、来电或来人要求重发的，先核对身份。系统只比对，不显示密封的身份；每次比对都记入事项经过。
code-said = 对方说的姓名或电话
code-said-hint = 与登记的姓名或电话之一相符即可。
code-checked = 还核对了什么
code-checked-hint = 例如反映的内容、时间、来人的证件。
code-do = 核对并重发
code-disagrees = 与密封的身份不符，不能重发
code-done = 已核对，原查询码即时失效。
code-once = 新查询码只显示这一次，请读给反映人或者打印给他。
code-reason = 核对身份，重发查询码
code-none-title = 不能重发
code-none = 反映人没有留下可以核对的身份。
event-code-reissued = 重发查询码，原查询码失效。
corrected = { $what }：{ $was } → { $is }
corrected-none = 没有
