//! `inlay widget validate` and `schema`.
use super::super::print;
use super::looked_at::{Looked, say_report};
use crate::app::Failure;
use crate::base::tree::schema;
use crate::features::widgets::inspect::validate;
use clap::Args;
use serde_json::{Value, json};

#[derive(Args)]
pub struct ValidateArgs {
    #[command(flatten)]
    looked: Looked,
}

pub fn run(args: &ValidateArgs) -> Result<(), Failure> {
    let lens = args.looked.lens();
    let mut reports = Vec::new();
    for (name, subject) in args.looked.subjects()? {
        reports.push((name, validate(&subject, &lens)));
    }
    let failed = reports.iter().filter(|(_, report)| args.looked.fails(report)).count();
    if args.looked.json {
        let widgets: Vec<Value> = reports
            .iter()
            .map(|(name, report)| {
                let mut all = json!({"file": name});
                if let (Some(all), Ok(Value::Object(report))) = (all.as_object_mut(), serde_json::to_value(report)) {
                    all.extend(report);
                }
                all
            })
            .collect();
        print(&format!("{:#}", json!({"ok": failed == 0, "widgets": widgets})))?;
    } else {
        reports.iter().try_for_each(|(name, report)| say_report(name, report))?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} widgets did not pass", reports.len()).into()),
    }
}

/// The schema of all components, as it is published.
pub fn print_schema() -> Result<(), Failure> {
    print(&format!("{:#}", schema::schema()))
}
