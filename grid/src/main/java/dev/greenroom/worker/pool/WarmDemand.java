package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Decides which browsers are kept warm: those of the latest requests, by version and owner of their
/// driver, as often as they were requested. With two warm browsers and clients of one version and tenant
/// both are theirs; with clients of two tenants in turn there is one for each.
///
/// Before there are requests, and where sessions have drivers of their own, browsers are wanted for nobody
/// in particular: any of the version will do.
final class WarmDemand {
    private final int most;
    private int warmBrowsers;
    private final Deque<Wanted> asks = new ArrayDeque<>();

    /// A browser to be kept warm, or one that is.
    ///
    /// @param owner of its driver; empty for one that anybody may claim
    record Wanted(PlaywrightVersion version, Optional<DriverOwner> owner) {
        private boolean isMetExactlyBy(Wanted waiting) {
            return equals(waiting);
        }

        /// A driver without an owner is anybody's, and whoever wants no certain owner takes any.
        private boolean isMetBy(Wanted waiting) {
            return version.equals(waiting.version)
                    && (owner.isEmpty() || waiting.owner.isEmpty() || owner.equals(waiting.owner));
        }
    }

    WarmDemand(int warmBrowsers) {
        this.most = warmBrowsers;
        this.warmBrowsers = warmBrowsers;
    }

    /// Sets the number of warm browsers from now on.
    synchronized void limit(int atMost) {
        warmBrowsers = atMost;
    }

    /// Records that a client requested a version and got it.
    ///
    /// @param owner of its driver; empty if that ends with its session
    synchronized void asked(PlaywrightVersion version, Optional<DriverOwner> owner) {
        asks.addFirst(new Wanted(version, owner));
        while (asks.size() > Math.max(1, most)) {
            asks.removeLast();
        }
    }

    /// Assumes a version for all requests that have not been made yet.
    synchronized void startWith(PlaywrightVersion version) {
        while (asks.size() < Math.max(1, most)) {
            asks.addLast(new Wanted(version, Optional.empty()));
        }
    }

    /// Drops a version that is unavailable until it is requested again.
    ///
    /// @param instead the version in its place, if that is another one
    synchronized void forget(PlaywrightVersion version, Optional<PlaywrightVersion> instead) {
        asks.removeIf(ask -> ask.version().equals(version));
        instead.filter(other -> !other.equals(version)).ifPresent(this::startWith);
    }

    /// What was requested last.
    synchronized Optional<Wanted> latest() {
        return Optional.ofNullable(asks.peekFirst());
    }

    /// Whether the latest requests include this one.
    synchronized boolean isRecent(Wanted request) {
        return asks.stream().anyMatch(request::isMetBy);
    }

    /// The browsers that are missing; those requested last come first.
    synchronized List<Wanted> missing(Collection<Wanted> waiting) {
        var left = new ArrayList<>(waiting);
        return unmet(left);
    }

    /// One browser too many, if more wait than wanted.
    synchronized Optional<Wanted> surplus(Collection<Wanted> waiting) {
        if (waiting.size() <= warmBrowsers) {
            return Optional.empty();
        }
        var left = new ArrayList<>(waiting);
        var _ = unmet(left);
        return left.stream().findFirst();
    }

    /// What none of the waiting browsers meets. Removes those that meet something.
    private List<Wanted> unmet(List<Wanted> waiting) {
        var exact = asks.stream()
                .limit(warmBrowsers)
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
