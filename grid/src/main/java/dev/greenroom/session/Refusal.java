package dev.greenroom.session;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Why a client got no session. Every refusal is an ordinary HTTP answer before the upgrade.
public sealed interface Refusal {

    /// What kind it is, in the log: for example `unknown-browser`.
    default String kind() {
        return getClass().getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    /// What else there is to say of it, in the log.
    default Optional<String> detail() {
        return switch (this) {
            case BadRequest(var rule) -> Optional.of(rule);
            case RefusedOption(var option, var why) -> Optional.of(option + ": " + why);
            case TooManyFailures(var seconds) -> Optional.of("for " + seconds + " s");
            case ScopeMissing(var scope) -> Optional.of(scope);
            case QuotaExceeded(var seconds) -> Optional.of("for " + seconds + " s");
            case ForeignHost(var host, var _) -> Optional.of(host);
            case ForeignOrigin(var origin) -> Optional.of(origin);
            case NoVersion(var wanted, var available) -> Optional.of(wanted + " is wanted, there is " + available);
            case NoSlot(var reason, var _) -> Optional.of(reason.words());
            case UnknownBrowser _, Unauthorized _, RegistryUnavailable _, Draining _, ClientLeft _ -> Optional.empty();
        };
    }

    /// The request is not one that can become a session.
    ///
    /// @param rule one sentence: which part, which rule, what to do
    record BadRequest(String rule) implements Refusal {}

    /// A launch option that clients may not choose, or that this worker cannot grant.
    ///
    /// @param option its name, as Playwright spells it
    /// @param why one sentence
    record RefusedOption(String option, String why) implements Refusal {}

    /// The browser type that was asked for is none of Playwright's.
    record UnknownBrowser() implements Refusal {}

    /// A web page asks, which no Playwright client is: any page could otherwise use a grid on its reader's
    /// machine.
    ///
    /// @param origin the page's; empty where it does not say
    record ForeignOrigin(String origin) implements Refusal {}

    /// The grid was called by a name that is not its own: a page may have made that name point here.
    ///
    /// @param host the name; empty where it is none
    /// @param withTokens whether tokens are configured, so that only `ALLOWED_HOSTS` lets the name in
    record ForeignHost(String host, boolean withTokens) implements Refusal {}

    /// Tokens are configured, and none of them was shown.
    record Unauthorized() implements Refusal {}

    /// So many wrong tokens came from this address that none is looked at now.
    ///
    /// @param retryAfterSeconds 1 or more
    record TooManyFailures(int retryAfterSeconds) implements Refusal {}

    /// The token is known, and not for this.
    ///
    /// @param scope what it would have to be good for
    record ScopeMissing(String scope) implements Refusal {}

    /// The token's own limit.
    ///
    /// @param retryAfterSeconds 1 or more
    record QuotaExceeded(int retryAfterSeconds) implements Refusal {}

    /// No worker can serve the client's version of Playwright.
    ///
    /// @param available the versions that are to be had, ascending
    record NoVersion(PlaywrightVersion wanted, List<PlaywrightVersion> available) implements Refusal {}

    /// There was no slot in time.
    ///
    /// @param shortage what there was instead, where it is known
    record NoSlot(NoSlotReason reason, Optional<Shortage> shortage) implements Refusal {
        /// Where the client did not wait.
        public NoSlot(NoSlotReason reason) {
            this(reason, Optional.empty());
        }
    }

    /// What a client was short of.
    ///
    /// @param slots of all workers of the browser type that take sessions
    /// @param waited since the client's request was read
    /// @param wanted the browser type that was asked for
    /// @param served the types of all workers of the grid
    record Shortage(int slots, Duration waited, BrowserType wanted, List<BrowserType> served) {
        public Shortage {
            served = List.copyOf(served);
        }
    }

    /// The registry does not answer.
    record RegistryUnavailable() implements Refusal {}

    /// This process is shutting down.
    record Draining() implements Refusal {}

    /// The client hung up before it had an answer; nobody is left to read one.
    record ClientLeft() implements Refusal {}

    /// Why there was no slot.
    enum NoSlotReason {
        QUEUE_FULL(
                "queue full",
                "As many clients wait as MAX_QUEUE_SIZE, or the queue limit of this token, allows. Run fewer at once, or"
                        + " raise that limit."),
        TIMED_OUT(
                "no slot became free in time",
                "All slots stayed taken for as long as WORKER_SELECT_TIMEOUT lets a client wait. Run no more sessions"
                        + " at once than there are slots, or raise WORKER_SELECT_TIMEOUT, MAX_CONCURRENT_SESSIONS or"
                        + " the number of workers."),
        NO_WORKERS(
                "no worker serves this browser",
                "No worker of this browser type came for as long as WORKER_SELECT_TIMEOUT lets a client wait. Start"
                        + " one with that BROWSER_TYPE, or ask for another browser."),
        UNREACHABLE(
                "no worker could be reached",
                "Workers are registered, but took no session within WORKER_DIAL_TIMEOUT. The proxy's log says why, with"
                        + " code WORKER_UNREACHABLE."),
        OVERLOADED(
                "this proxy is overloaded; try again",
                "Its event loops or its memory are used up. Give the proxy more CPU, or add another one."),
        PREPARING(
                "the worker is still preparing a browser of this version; try again",
                "Launching or fetching it took longer than WORKER_HANDSHAKE_TIMEOUT; the worker goes on with it, so"
                        + " the next try may find it there."),
        AT_CAPACITY(
                "every slot of this worker is taken",
                "The worker's own MAX_CONCURRENT_SESSIONS holds whatever the registry says. Try again.");

        private final String words;
        private final String hint;

        NoSlotReason(String words, String hint) {
            this.words = words;
            this.hint = hint;
        }

        /// What to do about it: a sentence or two for the answer's `hint`.
        public String hint() {
            return hint;
        }

        /// The words in the answer's `reason`.
        public String words() {
            return words;
        }
    }

    /// Why a worker that is registered gets no session, though it may well be there.
    public enum ExclusionReason {
        /// Its address is not signed with the grid's secret.
        SIGNATURE("its record is not signed with WORKER_SECRET, so it is not dialled"),
        /// Its address is not one of the workers' network.
        ADDRESS("its address is outside of WORKER_ADDRESSES"),
        /// It answered, and did not prove that it knows the grid's secret.
        PROOF("it does not prove that it knows WORKER_SECRET");

        private final String words;

        ExclusionReason(String words) {
            this.words = words;
        }

        /// The words in the log.
        public String words() {
            return words;
        }
    }
}
