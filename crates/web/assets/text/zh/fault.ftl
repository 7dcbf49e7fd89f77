# 筛选条件哪里不对，怎样改。
fault-too-long = 筛选条件有 { $count } 个字，最多 { $most } 个
fault-too-deep = 筛选条件嵌套超过 { $most } 层
fault-too-many-tests = 筛选条件超过 { $most } 项
fault-too-many-values = 列表超过 { $most } 个值
fault-open-quote = 引号没有配对
fault-open-quote-do = 请补上另一个引号
fault-open-parenthesis = 括号没有配对
fault-open-parenthesis-do = 请补上右括号
fault-nothing-open = 前面没有与它配对的左括号
fault-no-test = 这里缺一项条件
fault-no-test-do = 例如：在办、单位 = "…"、超期 > 3天
fault-no-test-before = “{ $word }”前面缺一项条件
fault-uncompared = “{ $word }”要和什么比较
fault-uncompared-do = 例如用 =；如果是要搜索这个词，请加引号："{ $word }"
fault-misplaced = “{ $word }”不能放在这里
fault-misplaced-do = 如果是要搜索这个词，请加引号："{ $word }"
fault-unknown-field = 没有“{ $word }”这个字段
fault-unknown-phase = 没有“{ $word }”这个阶段
fault-unknown-name = 这里没有叫“{ $word }”的
fault-near-do = 是不是“{ $word }”？
fault-unfit = 这个字段不能这样比较
fault-unfit-names-do = 可以用 =、!=、在、不在
fault-unfit-tree-do = 可以用 =、!=、在、不在、属于、不属于
fault-unfit-number-do = 可以用 =、!=、在、不在、开头为
fault-unfit-measure-do = 可以用 =、!=、<、<=、>、>=、在、不在
fault-unfit-length-do = 可以用 <、<=、>、>=
fault-unfit-text-do = 可以用 含
fault-instant = 时刻只能用 <、<=、>、>= 比较
fault-instant-do = 请改用某一天或某一段，例如 今天、-7天
fault-list-here = 列表只能放在“在”或“属于”后面
fault-list-here-do = 请写成 在 (…)
fault-open-list = 这里缺逗号或右括号
fault-missing-text = 这里缺文字
fault-missing-name = 这里缺名称
fault-missing-phase = 这里缺阶段
fault-missing-number = 这里缺数字
fault-missing-length = 这里缺时长
fault-missing-date = 这里缺日期
fault-not-who-looks = 这个字段里没有查看人自己
fault-my-unit-do = 是不是“本单位”？
fault-me-do = 是不是“我”？
fault-name-do = 请写名称，加引号
fault-no-me = 这里没有查看人，“我”指不到谁
fault-no-my-unit = 这里没有查看人，“本单位”指不到哪个单位
fault-not-count = “{ $word }”不是个数
fault-not-count-do = 请写整数，例如 3
fault-not-length = “{ $word }”不是时长
fault-not-overdue-do = 例如 超期 > 3工作日、5天、4小时
fault-not-remaining-do = 例如 剩余 < 2工作日、5天、4小时
fault-not-date = “{ $word }”不是日期
fault-not-date-do = 例如 2026-03-01、今天、-7天、-3工作日、本月
fault-too-large = { $word } 太大
fault-too-large-do = 最多 { $most }
fault-too-far = 这个日期太远
fault-no-word = “{ $word }”里没有可搜索的词
fault-no-word-do = 请写两个字以上的词
fault-unit-and-person = “{ $word }”既是单位也是人员
fault-unit-and-person-do = 请写单位代码或人员编号
fault-ambiguous = “{ $word }”指 { $count } 个不同的对象
fault-ambiguous-do = 请写其中之一：{ $ids }
