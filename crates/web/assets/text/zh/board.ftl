# The board, and the steps of one card.
area-board = 看板
keys-board = 看板
keys-cards = 看板上
keys-arrows = 到旁边或上下的卡片
keys-moves = 打开这一件能办的环节
board-faces = 台账或看板
board-hint = 每列最急的在前。把卡片拖到能去的列，或打开“办理”，都会先看到该环节要什么。
board-moves = 办理
board-none = 没有
board-nothing = 没有符合条件、您能看到的事项。
moves-case = 打开整件事项
moves-elsewhere = 现在没有您能办的环节通向那一列。从这里能办的是：
unit-board = 在办看板
board-done = 已记入 { $number }。
