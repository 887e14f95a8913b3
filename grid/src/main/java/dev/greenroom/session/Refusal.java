package dev.greenroom.session;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Why a client gets no session. Every refusal is an ordinary HTTP response instead of the upgrade.
public sealed interface Refusal {

    /// The kind of refusal in the log, for example `unknown-browser`.
    default String kind() {
        return getClass().getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    /// Details for the log.
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
            case UnknownTarget _,
                    SessionEnded _,
                    UnknownBrowser _,
                    Unauthorized _,
                    RegistryUnavailable _,
                    Draining _,
                    ClientLeft _ -> Optional.empty();
        };
    }

    /// The request is not a valid request for a session.
    ///
    /// @param rule one sentence: which part, which rule, what to do
    record BadRequest(String rule) implements Refusal {}

    /// A launch option that clients may not choose, or that this worker does not support.
    ///
    /// @param option its name, as Playwright spells it
    /// @param why one sentence
    record RefusedOption(String option, String why) implements Refusal {}

    /// The requested browser type does not exist.
    record UnknownBrowser() implements Refusal {}

    /// The request comes from a web page. Without this rule any web page could use a grid on its
    /// visitor's machine.
    ///
    /// @param origin the origin of the page; empty when it is missing
    record ForeignOrigin(String origin) implements Refusal {}

    /// The `Host` is not a name of this grid, as in a DNS rebinding attack.
    ///
    /// @param host the host name; empty when it is not valid
    /// @param withTokens whether tokens are configured, so that only `ALLOWED_HOSTS` can allow the name
    record ForeignHost(String host, boolean withTokens) implements Refusal {}

    /// The request has no valid token, although tokens are configured.
    record Unauthorized() implements Refusal {}

    /// The token is wrong, and too many wrong ones came from this address.
    ///
    /// @param retryAfterSeconds 1 or more
    record TooManyFailures(int retryAfterSeconds) implements Refusal {}

    /// The token is valid, but lacks a scope.
    ///
    /// @param scope the missing scope
    record ScopeMissing(String scope) implements Refusal {}

    /// The quota of the token is used up.
    ///
    /// @param retryAfterSeconds 1 or more
    record QuotaExceeded(int retryAfterSeconds) implements Refusal {}

    /// No worker can serve the client's version of Playwright.
    ///
    /// @param available the available versions, ascending
    record NoVersion(PlaywrightVersion wanted, List<PlaywrightVersion> available) implements Refusal {}

    /// No slot became available in time.
    ///
    /// @param shortage the state of the grid, where it is known
    record NoSlot(NoSlotReason reason, Optional<Shortage> shortage) implements Refusal {
        /// A refusal without waiting.
        public NoSlot(NoSlotReason reason) {
            this(reason, Optional.empty());
        }
    }

    /// The state of the grid when no slot was available.
    ///
    /// @param slots all slots of workers of this browser type that accept sessions
    /// @param waited the time since the client's request was read
    /// @param wanted the requested browser type
    /// @param served the browser types of all workers of the grid
    record Shortage(int slots, Duration waited, BrowserType wanted, List<BrowserType> served) {
        public Shortage {
            served = List.copyOf(served);
        }
    }

    /// The session that a connection wants to join has ended, or there never was one.
    record SessionEnded() implements Refusal {}

    /// The address names no page or browser of a session.
    record UnknownTarget() implements Refusal {}

    /// The registry is unavailable.
    record RegistryUnavailable() implements Refusal {}

    /// This process is shutting down.
    record Draining() implements Refusal {}

    /// The client disconnected before it got a response.
    record ClientLeft() implements Refusal {}

    /// Why no slot was available.
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
        NO_CDP(
                "no worker that took the session knows the Chrome DevTools Protocol",
                "The workers are of an older release than the proxy: update them first. The proxy's log names them, with"
                        + " code WORKER_WITHOUT_CDP."),
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

        /// What the user can do: the `hint` of the response.
        public String hint() {
            return hint;
        }

        /// The `reason` of the response.
        public String words() {
            return words;
        }
    }

    /// Why a registered worker gets no sessions.
    public enum ExclusionReason {
        /// Its address is not signed with the grid's secret.
        SIGNATURE("its record is not signed with WORKER_SECRET, so it is not dialled"),
        /// Its address is outside of the workers' network.
        ADDRESS("its address is outside of WORKER_ADDRESSES"),
        /// Its response does not prove that it knows the grid's secret.
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
