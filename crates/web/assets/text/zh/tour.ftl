# 演示导览。
tour-title = 可以试试
tour-other = 换一个角色
tour-keys = 全部快捷键
tour-off = 不再显示
tour-handle = 打开最先到期的一件，上传整改后的照片，报送核验。
tour-assign = 派一件新来的：承办单位按职责推荐。也可选中几行一起办。
tour-register = 依次按 g、r，输入一通来电，看旁边的推荐和相似事项。
tour-verify = 写明情况核验通过，或者退回；然后销号，看“销”章。
tour-identity = 查看封存的反映人身份：要写理由，查看会留在时间线里。
tour-admin = 从表格导入单位和人员，看看办到销号还缺谁。
tour-instruct = 点一下、写一句，批示一件事项，承办单位的工作台马上看到。
tour-answer = 把办理结果原样答复反映人，再到查询页看看对方能怎么评价。
tour-export = 在台账里按超期等条件筛选，把清单导出为表格。
