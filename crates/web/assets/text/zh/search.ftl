# 搜索。
search-title = 搜索
search-link = 搜索
search-do = 搜索
search-hint = 编号、词、单位、姓名或拼音首字母
search-found = 找到的
search-none = 没有找到
search-none-hint = 换一个词，或者写编号的开头、单位名称的拼音首字母。
search-numbers = 编号
search-units = 单位
search-persons = 人员
search-pages = 页面和视图
search-cases = 事项
search-ledger = 在台账里看全部
search-view = 视图
search-export = 导出台账
search-columns = 台账的列和排序
search-recent = 最近看过
