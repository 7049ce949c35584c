//! Calls about tickets. These are receipts and similar documents, as images or PDF. The service analyses them for
//! manipulation, in batches (API version 2).

use std::time::Duration;

use super::Client;
use crate::api::identifier::{self, Field};
use crate::api::{parse, tickets as api};
use crate::call::options::CallOptions;
use crate::error::Result;
use crate::model::identifier::Identifier;
use crate::model::state::State;
use crate::model::tickets::report::{SubmittedTickets, TicketsReport};
use crate::model::tickets::submission::Tickets;
use crate::wait::{self, PollResult};

impl Client {
    /// Submits a batch of tickets, and returns its identifier. This spends credits. The files are uploaded one after
    /// the other in small blocks.
    ///
    /// The pages of the documentation disagree on the host of this endpoint. One page names the host of the other
    /// endpoints, which is the default here as well. A newer page names `https://api.identifai.net`. To use that host,
    /// create a client with that [`base_url`](crate::ClientBuilder::base_url). A client sends its key to one host
    /// only.
    ///
    /// ```no_run
    /// use identifai::{Client, Ticket, Tickets};
    ///
    /// let client = Client::from_env()?;
    /// let receipt = Ticket::from_path("receipt.pdf").ref_id("r-17");
    /// let sent = client.submit_tickets(&Tickets::new().ticket(receipt).ticket(Ticket::from_path("b.jpg")))?;
    /// for ticket in client.wait_for_tickets(sent.batch())?.results() {
    ///     println!("{:?}: tampered with: {:?}", ticket.name, ticket.is_tampered());
    /// }
    /// # Ok::<(), identifai::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the tickets are invalid, or if a file or reader fails or
    /// changes its length during the upload. Nothing is submitted in that case. Any other [error of a
    /// call](crate::ErrorKind#errors-of-any-call). Check [`may_have_been_sent`](crate::Error::may_have_been_sent)
    /// before you submit again. If the response is unusable but names the batch, the error has the identifier of the
    /// batch.
    pub fn submit_tickets(&self, tickets: &Tickets) -> Result<SubmittedTickets> {
        let fields = tickets.fields()?;
        let request = api::submit(tickets, &fields, tickets.uploads()?);
        self.call(&request, &self.options, |response| {
            let outcome = response.and_then(|response| parse::typed(response, SubmittedTickets::read));
            outcome.map_err(|error| identifier::add_to(error, Field::BatchId))
        })
    }

    /// Requests the current report of a batch of tickets once, whether it is pending or done.
    ///
    /// # Errors
    ///
    /// Any [error of a call](crate::ErrorKind#errors-of-any-call). The error has the identifier of the batch.
    pub fn tickets(&self, batch: &Identifier) -> Result<TicketsReport> {
        self.poll_tickets(batch, &self.options).map(|(report, _)| report)
    }

    /// Waits until a batch of tickets is done, with the timeout and the intervals of the client's
    /// [`WaitOptions`](crate::WaitOptions). See [`wait`](Self::wait).
    ///
    /// # Errors
    ///
    /// - [`WaitTimedOut`](crate::ErrorKind::WaitTimedOut) if the batch is not done in time. [`tickets`](Self::tickets)
    ///   then returns the reports of the tickets that are done.
    /// - Every error of [`tickets`](Self::tickets) that is not temporary.
    pub fn wait_for_tickets(&self, batch: &Identifier) -> Result<TicketsReport> {
        self.check_public("batch", batch.as_str())?;
        let report = wait::poll_until_done(&self.wait, &self.caller, None, |left| {
            let (report, retry_after) = self.poll_tickets(batch, &self.poll_options(left))?;
            let state = if report.is_done() { State::Done } else { State::Pending };
            Ok(PollResult { finished: report.is_done().then_some(report), state, retry_after })
        });
        report.map_err(|error| error.with_identifier(Some(batch.clone())))
    }

    fn poll_tickets(&self, batch: &Identifier, options: &CallOptions) -> Result<(TicketsReport, Option<Duration>)> {
        self.check_public("batch", batch.as_str())?;
        let outcome = self.call(&api::report(batch), options, |response| {
            let response = response?;
            let retry_after = response.retry_after;
            Ok((parse::tickets(response, batch)?, retry_after))
        });
        outcome.map_err(|error| error.with_identifier(Some(batch.clone())))
    }
}
