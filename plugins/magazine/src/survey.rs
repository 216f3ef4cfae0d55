//! The survey. Each answer is an add to a counter, so that any number of people can answer at once; that somebody has answered
//! is the visitor's own entry.
//!
//! To read the counters in the same action makes it run again whenever somebody else answers. It is worth one attempt; later
//! ones only say thanks, and the results are a click away.
use inlay::*;
use std::collections::BTreeMap;

/// The survey in the configuration.
#[derive(Deserialize, Clone, Debug)]
struct Survey {
    id: String,
    title: String,
    questions: Vec<Question>,
}

#[derive(Deserialize, Serialize, Clone, Debug)]
struct Question {
    id: String,
    text: String,
    options: Vec<Choice>,
}

#[derive(Deserialize, Serialize, Clone, Debug)]
struct Choice {
    value: String,
    label: String,
}

#[derive(Serialize, Debug)]
pub struct View {
    survey: String,
    title: String,
    answered: bool,
    questions: Vec<Question>,
    /// None before the visitor has answered, and when they are left for a second click.
    results: Option<Vec<Counted>>,
    total: u64,
}

#[derive(Serialize, Debug)]
struct Counted {
    id: String,
    text: String,
    bars: Vec<Bar>,
    /// The label that leads, and its share: "Headphones, 62 %".
    leader: Option<String>,
}

#[derive(Serialize, Debug)]
struct Bar {
    label: String,
    count: u64,
}

#[derive(Deserialize)]
pub struct Answers {
    /// The survey's id, so that a page that lags behind does not answer another one
    #[schemars(length(min = 1, max = 40))]
    survey: String,
    /// For each question's id the value of an option
    #[serde(default)]
    answers: BTreeMap<String, String>,
}

fn key(survey: &Survey, question: &Question, option: &Choice) -> String {
    format!("answers/{}/{}/{}", survey.id, question.id, option.value)
}

fn answered(cx: &Cx, survey: &Survey) -> Result<bool> {
    cx.visitor()?.get(&format!("answered/{}", survey.id))
}

pub fn show(cx: &Cx) -> Result<View> {
    let survey: Survey = cx.config("survey")?;
    let answered = answered(cx, &survey)?;
    view(cx, survey, answered, answered)
}

fn view(cx: &Cx, survey: Survey, answered: bool, with_results: bool) -> Result<View> {
    let results = with_results.then(|| counted(cx, &survey)).transpose()?;
    let first = results.as_ref().and_then(|all| all.first());
    let total = first.map_or(0, |one| one.bars.iter().map(|bar| bar.count).sum());
    let Survey { id, title, questions } = survey;
    Ok(View { survey: id, title, answered, questions, results, total })
}

fn counted(cx: &Cx, survey: &Survey) -> Result<Vec<Counted>> {
    let pairs = survey.questions.iter().flat_map(|one| one.options.iter().map(move |option| (one, option)));
    let keys: Vec<String> = pairs.map(|(question, option)| key(survey, question, option)).collect();
    let mut counts = cx.workspace()?.get_many::<u64, _>(&keys)?.into_iter();
    let mut next = || counts.next().flatten().unwrap_or(0);
    let questions = survey.questions.iter().map(|question| {
        let bars: Vec<Bar> =
            question.options.iter().map(|option| Bar { label: option.label.clone(), count: next() }).collect();
        let total: u64 = bars.iter().map(|bar| bar.count).sum();
        let most = bars.iter().rev().max_by_key(|bar| bar.count).filter(|bar| bar.count > 0);
        let leader = most.map(|bar| format!("{}, {} %", bar.label, (bar.count * 100 + total / 2) / total));
        Counted { id: question.id.clone(), text: question.text.clone(), bars, leader }
    });
    Ok(questions.collect())
}

/// Errors: `input.invalid` with a fault at every question without an answer of its own, `conflict.survey` when another survey
/// has begun, `conflict.answered`.
pub fn answer(cx: &Cx, given: Answers) -> Result {
    let survey: Survey = cx.config("survey")?;
    if given.survey != survey.id {
        return fail("conflict.survey", "This survey is over; please look at the new one");
    }
    if answered(cx, &survey)? {
        return fail("conflict.answered", "You have answered already. Thank you!");
    }
    let mut faults = Faults::default();
    let mut keys = Vec::new();
    for question in &survey.questions {
        let value = given.answers.get(&question.id);
        match question.options.iter().find(|option| Some(&option.value) == value) {
            Some(option) => keys.push(key(&survey, question, option)),
            None => faults.add(&format!("/answers/{}", question.id), "Please choose an answer"),
        }
    }
    faults.check()?;
    let all = cx.workspace()?;
    for key in &keys {
        all.add(key, 1)?;
    }
    cx.visitor()?.put(&format!("answered/{}", survey.id), &true)?;
    let with_results = cx.call().attempt == 1;
    render("survey", view(cx, survey, true, with_results)?).message("Thank you for your answers")
}

/// Errors: `conflict.unanswered`: what others say might sway.
pub fn results(cx: &Cx) -> Result {
    let survey: Survey = cx.config("survey")?;
    if !answered(cx, &survey)? {
        return fail("conflict.unanswered", "The results are for those who have answered");
    }
    render("survey", view(cx, survey, true, true)?)
}
