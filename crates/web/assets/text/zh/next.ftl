# 下一步是什么、由谁来做。
next-said = 下一步：{ $moves }。
next-move = { $what }，由{ $who }
next-semicolon = ；
next-person = { $person }（{ $unit }）
next-you = 您
next-or = 或
next-nobody = { $roles }：目前没有人担任
next-reporter-judges = 等反映人评价是否解决
next-silence-timer = 到 { $date } 没有表示的，由系统办理“{ $step }”
next-silence = 到 { $date } 没有表示的，视为没有异议
next-others = 不按常规走的其他去向
next-later = 以后还可以
case-others-turn = 现在轮到别人
case-steps-other = 您可以办的其他环节（退回等例外情形）
case-steps-later = 以后可以办的环节
rail-planned = 预计
rail-skipped = 未经过
