# 最近销号的。
area-struck-off = 已销号
struck-title = 最近销号的事
struck-lead = 每一件都由承办单位以外的人核验过，并答复了反映人。这里只列类别、单位和用时；反映的内容不公开，照片只在反映人同意以后公开。
struck-took = 用了 { $span }
struck-satisfied = 反映人说：已经解决
struck-unsatisfied = 反映人说：没有解决
struck-heard = 这一页里，反映人说已经解决的 { $solved } 件，说没有解决的 { $unsolved } 件，没有表态的 { $silent } 件。
struck-reopened = 重办过
struck-late = 超过期限
struck-none = 还没有可以公开的销号事项
struck-none-todo = 事情办好、核验过、答复过以后，会列在这里。
struck-all = 看全部
