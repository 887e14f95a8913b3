package dev.greenroom.worker.pool;

import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.PlaywrightVersion;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Decides which browsers are kept warm, and how many. Which: those of the latest requests, by version,
/// protocol and owner of their driver, as often as they were requested. With two warm browsers and clients
/// of one version and tenant both are theirs; with clients of two tenants in turn there is one for each.
///
/// How many: `WARM_BROWSERS` at rest. Under load as many are launched in advance as sessions began within a
/// second, and more are kept if there are more, for example from sessions that have ended. With those in
/// use they are never more than the slots and `WARM_BROWSERS` together.
///
/// Before there are requests, and where sessions have drivers of their own, browsers are wanted for nobody
/// in particular: any of the version will do.
final class WarmDemand {
    private static final Duration RATE_WINDOW = Duration.ofSeconds(1);

    /// How long the highest rate counts: longer than the pauses within a suite.
    static final Duration HOLD = Duration.ofSeconds(20);

    private final int atRest;
    private final LongSupplier nanos;
    private final IntSupplier inUse;
    private final Deque<Ask> asks = new ArrayDeque<>();

    /// Below the number at rest while memory is short, and then there are no more under load either.
    private int limit;

    private int slots;

    /// The most requests within a second, and when there were last as many.
    private int peak;

    private long peakNanos;

    /// A request.
    private record Ask(Wanted wanted, long atNanos) {}

    /// A browser to be kept warm, or one that is.
    ///
    /// @param owner of its driver; empty for one that anybody may claim
    record Wanted(PlaywrightVersion version, Optional<DriverOwner> owner, ClientProtocol protocol) {
        Wanted(PlaywrightVersion version, Optional<DriverOwner> owner) {
            this(version, owner, ClientProtocol.PLAYWRIGHT);
        }

        private boolean isMetExactlyBy(Wanted waiting) {
            return equals(waiting);
        }

        /// A driver without an owner is anybody's, and whoever wants no certain owner takes any.
        private boolean isMetBy(Wanted waiting) {
            return protocol == waiting.protocol && isOnDriverOf(waiting);
        }

        private boolean isOnDriverOf(Wanted waiting) {
            return version.equals(waiting.version)
                    && (owner.isEmpty() || waiting.owner.isEmpty() || owner.equals(waiting.owner));
        }
    }

    /// @param atRest how many browsers are kept warm while no session begins
    /// @param inUse the number of sessions that have a browser or wait for one
    WarmDemand(int atRest, LongSupplier nanos, IntSupplier inUse) {
        this.atRest = atRest;
        this.nanos = nanos;
        this.inUse = inUse;
        this.limit = atRest;
    }

    /// Sets the number of browsers that are kept warm at rest from now on. Below the first one, there are
    /// no more under load either.
    synchronized void limit(int atMost) {
        limit = atMost;
    }

    /// Sets how many sessions there may be, for which more browsers are kept warm under load.
    synchronized void expectSessions(int concurrent) {
        slots = concurrent;
    }

    /// Records that a client requested a version and got it.
    ///
    /// @param owner of its driver; empty if that ends with its session
    synchronized void asked(PlaywrightVersion version, Optional<DriverOwner> owner) {
        asked(new Wanted(version, owner));
    }

    /// The same, for either protocol.
    synchronized void asked(Wanted request) {
        var now = nanos.getAsLong();
        asks.addFirst(new Ask(request, now));
        while (asks.size() > remembered()) {
            asks.removeLast();
        }
        var rate = (int) asks.stream()
                .filter(it -> now - it.atNanos() < RATE_WINDOW.toNanos())
                .count();
        if (rate >= peak || !isUnderLoad(now)) {
            peak = rate;
            peakNanos = now;
        }
    }

    private int remembered() {
        return Math.max(1, Math.max(atRest, slots));
    }

    private boolean isUnderLoad(long now) {
        return peak > 0 && now - peakNanos < HOLD.toNanos();
    }

    /// Assumes a version for all requests that have not been made yet.
    synchronized void startWith(PlaywrightVersion version) {
        var longAgo = nanos.getAsLong() - RATE_WINDOW.toNanos();
        while (asks.size() < Math.max(1, atRest)) {
            asks.addLast(new Ask(new Wanted(version, Optional.empty()), longAgo));
        }
    }

    /// Drops a version that is unavailable until it is requested again.
    ///
    /// @param instead the version in its place, if that is another one
    synchronized void forget(PlaywrightVersion version, Optional<PlaywrightVersion> instead) {
        asks.removeIf(ask -> ask.wanted().version().equals(version));
        instead.filter(other -> !other.equals(version)).ifPresent(this::startWith);
    }

    /// What was requested last.
    synchronized Optional<Wanted> latest() {
        return Optional.ofNullable(asks.peekFirst()).map(Ask::wanted);
    }

    /// Whether the latest requests, as many as are kept warm, include one that needs the same driver.
    synchronized boolean isRecent(Wanted request) {
        return latest(Math.max(1, launched())).anyMatch(request::isOnDriverOf);
    }

    private Stream<Wanted> latest(int count) {
        return asks.stream().limit(count).map(Ask::wanted);
    }

    /// How many browsers are launched in advance.
    private int launched() {
        return growsNow() ? Math.max(limit, Math.min(peak, slots - inUse.getAsInt())) : limit;
    }

    private boolean growsNow() {
        return limit > 0 && limit >= atRest && isUnderLoad(nanos.getAsLong());
    }

    /// How many browsers are kept if there are so many.
    private int kept() {
        return growsNow() ? Math.max(limit, slots + limit - inUse.getAsInt()) : limit;
    }

    /// The browsers that are missing; those requested last come first.
    synchronized List<Wanted> missing(Collection<Wanted> waiting) {
        return unmet(new ArrayList<>(waiting), launched());
    }

    /// One browser too many, if more wait than wanted.
    synchronized Optional<Wanted> surplus(Collection<Wanted> waiting) {
        if (waiting.size() <= kept()) {
            return Optional.empty();
        }
        var left = new ArrayList<>(waiting);
        var _ = unmet(left, launched());
        return left.stream().findFirst();
    }

    /// What none of the waiting browsers meets. Removes those that meet something.
    private List<Wanted> unmet(List<Wanted> waiting, int count) {
        var exact = latest(count)
                .filter(wanted -> !removeFirst(waiting, wanted::isMetExactlyBy))
                .toList();
        return exact.stream()
                .filter(wanted -> !removeFirst(waiting, wanted::isMetBy))
                .toList();
    }

    private static boolean removeFirst(List<Wanted> waiting, Predicate<Wanted> condition) {
        var found = waiting.stream().filter(condition).findFirst();
        found.ifPresent(waiting::remove);
        return found.isPresent();
    }
}
