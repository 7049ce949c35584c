//! `identifai partner`: the users of a partner account, and their plans.

use identifai::{Client, PartnerUser, PartnerUserForm, PartnerUserQuery, Pricing};

use crate::args::{Global, Partner, UserForm, Users};
use crate::cli_error::CliError;
use crate::client::connect;
use crate::exit_status::ExitStatus;
use crate::output::escape;
use crate::password;
use crate::printer::{Line, Printer};

/// Runs the command.
pub(crate) fn run(global: &Global, command: &Partner) -> Result<ExitStatus, CliError> {
    let connected = connect(global, None)?;
    let client = &connected.client;
    let printer = Printer::new(global.json, &[]);
    match command {
        Partner::Users(arguments) => users(client, arguments, printer),
        Partner::Save(arguments) => {
            let form = form(arguments)?;
            printer.print_only(client.save_partner_user(&form).map(|saved| user(&saved)))
        }
        Partner::Pricings => printer.print_only(client.partner_pricings().map(|pricings| Line {
            text: pricings.pricings().iter().map(plan).collect::<Vec<_>>().join("\n"),
            json: pricings.raw_json().to_owned(),
        })),
        Partner::SendMail { id } => printer.print_only(client.send_creation_email(*id).map(|found| user(&found))),
    }
}

/// Prints users as they arrive. A page of users is requested after the users of the page before it were printed.
fn users(client: &Client, arguments: &Users, mut printer: Printer<'_>) -> Result<ExitStatus, CliError> {
    let mut query = PartnerUserQuery::default().per_page(arguments.per_page);
    if let Some(id) = arguments.pricing_id {
        query = query.pricing_id(id);
    }
    if let Some(field) = &arguments.order {
        query = query.order(field);
    }
    if arguments.descending {
        query = query.descending(true);
    }
    for (name, value) in &arguments.parameters {
        query = query.parameter(name, value);
    }
    for found in client.partner_users(query) {
        let found = found.map_err(|error| printer.all_failed(&error))?;
        printer.print(0, Ok(&user(&found)))?;
    }
    Ok(printer.status)
}

/// Creates the form to save.
fn form(arguments: &UserForm) -> Result<PartnerUserForm, CliError> {
    let UserForm { id, name, email, heuristic, pricing_id, .. } = arguments;
    let mut form = PartnerUserForm::new(name, email, heuristic, *pricing_id);
    if let Some(id) = id {
        form = form.id(*id);
    }
    if let Some(on) = arguments.readonly {
        form = form.readonly(on);
    }
    if let Some(on) = arguments.newsletter {
        form = form.newsletter(on);
    }
    if let Some(on) = arguments.save_files {
        form = form.save_files(on);
    }
    Ok(match &arguments.password_file {
        Some(path) => form.password(password::from_file(path)?),
        None if arguments.ask_password => form.password(password::ask()?),
        None => form,
    })
}

/// Formats a user, such as `7 Ann <ann@example.com>`.
fn user(user: &PartnerUser) -> Line {
    let text = |text: &Option<String>| text.as_deref().map_or("-".to_owned(), escape);
    let text = format!("{} {} <{}>", number(user.id), text(&user.name), text(&user.email));
    Line { text, json: user.raw_json().to_owned() }
}

/// Formats a plan, such as `2 Pro (PRO-2)`.
fn plan(plan: &Pricing) -> String {
    let sku = plan.sku.as_deref().map_or(String::new(), |sku| format!(" ({})", escape(sku)));
    format!("{} {}{sku}", number(plan.id), plan.name.as_deref().map_or("-".to_owned(), escape))
}

fn number(number: Option<u64>) -> String {
    number.map_or("-".to_owned(), |number| number.to_string())
}
