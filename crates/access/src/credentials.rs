//! Temporary credentials, kept per organisation, integration and scope: fetched once, renewed in time, never stormed for.

use crate::error::AccessError;
use crate::sts::Session;
use assay_contract::clock::SharedClock;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Credentials with less than this left are renewed, whatever they are wanted for.
const SLACK: SignedDuration = SignedDuration::from_mins(5);
/// A wish for more than this of a session's hour is served with what is left, rather than by a renewal.
const LONGEST_WISH: SignedDuration = SignedDuration::from_mins(30);
/// While a renewal fails for a transient reason, credentials with this much left still serve.
const LAST_USE: SignedDuration = SignedDuration::from_mins(1);
/// How long a refusal is remembered.
const REFUSAL_MEMORY: SignedDuration = SignedDuration::from_mins(1);
/// How long STS is left alone after it throttled or failed.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// At most one drop of credentials an integration in this time.
const DROP_INTERVAL: SignedDuration = SignedDuration::from_mins(1);
/// Refusals in a row, a minute apart, after which the integration is suspended.
const SUSPEND_AFTER: u32 = 5;
/// Sessions and integrations kept; past it the ones that have ended are forgotten.
const MAX_KEPT: usize = 10_000;

/// Whose credentials: every part that decides what STS answers. Two organisations never share an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The tenant.
    pub organization: String,
    /// Its integration.
    pub integration: String,
    /// The role, so that a changed integration begins anew.
    pub role_arn: String,
    /// The external id, likewise.
    pub external_id: String,
}

/// One session's place: its owner, and the session policy that limits it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionKey {
    /// Whose.
    pub owner: Owner,
    /// For what.
    pub policy: String,
}

/// What became of a rejected token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRejection {
    /// The credentials were dropped: signing again assumes the role again.
    Dropped,
    /// They are too fresh, or some were dropped less than a minute ago: signing again gives the same credentials.
    TooSoon,
}

type Answer = Result<Session, AccessError>;
type Flight = Shared<BoxFuture<'static, Answer>>;

#[derive(Default)]
struct Slot {
    held: Option<(Session, Timestamp)>,
    /// Weak: when every job that waits is cancelled, the call ends with them and the next job begins a new one.
    flight: Option<WeakShared<BoxFuture<'static, Answer>>>,
}

#[derive(Default)]
struct Standing {
    quiet: Option<(Timestamp, AccessError)>,
    refusals: u32,
    refused_at: Option<Timestamp>,
    dropped_at: Option<Timestamp>,
}

#[derive(Default)]
struct State {
    slots: HashMap<SessionKey, Slot>,
    standings: HashMap<Owner, Standing>,
}

/// The cache.
pub struct Credentials {
    clock: SharedClock,
    state: Mutex<State>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(withheld)")
    }
}

impl Credentials {
    /// An empty cache.
    pub fn new(clock: SharedClock) -> Arc<Self> {
        Arc::new(Self { clock, state: Mutex::default() })
    }

    /// Credentials that last `wish` if they can; `assume` is called at most once for all who wait.
    pub async fn session<F>(self: &Arc<Self>, key: SessionKey, wish: Duration, assume: F) -> Answer
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let wish = SignedDuration::try_from(wish).unwrap_or(LONGEST_WISH).min(LONGEST_WISH);
        let (flight, fallback) = {
            let now = self.clock.now();
            let mut state = self.lock();
            state.forget_ended(now);
            let quiet = state.standings.get(&key.owner).and_then(|standing| standing.quiet_error(now));
            let slot = state.slots.entry(key.clone()).or_default();
            let held = slot.held.as_ref().map(|(session, _)| session);
            if let Some(session) = held.filter(|session| session.lasts(now, wish + SLACK)) {
                return Ok(session.clone());
            }
            let fallback = held.filter(|session| session.lasts(now, LAST_USE)).cloned();
            if let Some(error) = quiet {
                return fallback.filter(|_| error.is_transient()).ok_or(error);
            }
            let flight = slot.flight.as_ref().and_then(WeakShared::upgrade).unwrap_or_else(|| {
                let flight: Flight = self.clone().fly(key, assume).boxed().shared();
                slot.flight = flight.downgrade();
                flight
            });
            (flight, fallback)
        };
        match (flight.await, fallback) {
            (Err(error), Some(session)) if error.is_transient() => Ok(session),
            (answer, _) => answer,
        }
    }

    /// Drops an integration's credentials after a token error, at most once a minute.
    pub fn token_rejected(&self, owner: &Owner) -> TokenRejection {
        let now = self.clock.now();
        let mut state = self.lock();
        let standing = state.standings.entry(owner.clone()).or_default();
        if standing.dropped_at.is_some_and(|at| now.duration_since(at) < DROP_INTERVAL) {
            return TokenRejection::TooSoon;
        }
        let mut outcome = TokenRejection::TooSoon;
        for (_, slot) in state.slots.iter_mut().filter(|(key, _)| key.owner == *owner) {
            if slot.held.as_ref().is_some_and(|(_, since)| now.duration_since(*since) >= DROP_INTERVAL) {
                slot.held = None;
                outcome = TokenRejection::Dropped;
            }
        }
        if outcome == TokenRejection::Dropped
            && let Some(standing) = state.standings.get_mut(owner)
        {
            standing.dropped_at = Some(now);
        }
        outcome
    }

    /// Forgets an integration's refusals and suspension: a check has just assumed its role.
    pub fn absolve(&self, owner: &Owner) {
        self.lock().standings.remove(owner);
    }

    async fn fly<F: Future<Output = Answer>>(self: Arc<Self>, key: SessionKey, assume: F) -> Answer {
        let answer = assume.await;
        let now = self.clock.now();
        let mut state = self.lock();
        let standing = state.standings.entry(key.owner.clone()).or_default();
        let answer = standing.learn(now, answer);
        match &answer {
            Ok(session) => state.slots.entry(key).or_default().held = Some((session.clone(), now)),
            Err(error) if error.is_transient() => {}
            Err(_) => state.slots.retain(|kept, _| kept.owner != key.owner),
        }
        answer
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn lasts(&self, now: Timestamp, time: SignedDuration) -> bool {
        self.expires_at.duration_since(now) >= time
    }
}

impl Standing {
    fn quiet_error(&self, now: Timestamp) -> Option<AccessError> {
        self.quiet.as_ref().filter(|(until, _)| now < *until).map(|(_, error)| error.clone())
    }

    /// Takes an answer of STS into account; a refusal too many becomes a suspension.
    fn learn(&mut self, now: Timestamp, answer: Answer) -> Answer {
        let error = match answer {
            Ok(session) => {
                *self = Self { dropped_at: self.dropped_at, ..Self::default() };
                return Ok(session);
            }
            Err(error) => error,
        };
        let AccessError::RoleRefused { .. } = error else {
            self.quiet = Some((now + PAUSE, error.clone()));
            return Err(error);
        };
        // Several buckets are refused at the same moment: that is one refusal.
        if self.refused_at.is_none_or(|at| now.duration_since(at) >= REFUSAL_MEMORY) {
            self.refusals += 1;
            self.refused_at = Some(now);
        }
        let error = if self.refusals >= SUSPEND_AFTER { AccessError::IntegrationSuspended { since: now } } else { error };
        self.quiet = Some((now + REFUSAL_MEMORY, error.clone()));
        Err(error)
    }
}

impl State {
    fn forget_ended(&mut self, now: Timestamp) {
        if self.slots.len() >= MAX_KEPT {
            self.slots.retain(|_, slot| {
                slot.flight.as_ref().is_some_and(|flight| flight.upgrade().is_some())
                    || slot.held.as_ref().is_some_and(|(session, _)| session.expires_at > now)
            });
        }
        if self.standings.len() >= MAX_KEPT {
            self.standings.retain(|_, standing| standing.refusals > 0 || standing.quiet_error(now).is_some());
        }
    }
}
