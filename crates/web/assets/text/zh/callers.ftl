# 登记：来电人与模板。
register-callers = 这个号码以前反映过 { $count } 件，其中在办 { $open } 件
register-callers-more = 这个号码以前反映过 { $count } 件以上，其中在办 { $open } 件
register-template = 模板
register-template-none = 不用模板
keys-form-template = 选模板，Tab 依次填写【】
