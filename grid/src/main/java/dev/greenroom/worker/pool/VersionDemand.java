package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Which versions should be kept warm: those of the last asks, as often as they were asked for. With two
/// warm browsers and clients of one version both are of that version; with clients of two versions in turn
/// there is one of each.
final class VersionDemand {
    private final int most;
    private int warmBrowsers;
    private final Deque<PlaywrightVersion> asks = new ArrayDeque<>();

    VersionDemand(int warmBrowsers) {
        this.most = warmBrowsers;
        this.warmBrowsers = warmBrowsers;
    }

    /// Wants as many from now on.
    synchronized void limit(int atMost) {
        warmBrowsers = atMost;
    }

    /// Notes that a client asked for a version, and got it.
    synchronized void asked(PlaywrightVersion version) {
        asks.addFirst(version);
        while (asks.size() > Math.max(1, most)) {
            asks.removeLast();
        }
    }

    /// Takes a version for every ask that was not made yet.
    synchronized void startWith(PlaywrightVersion version) {
        while (asks.size() < Math.max(1, most)) {
            asks.addLast(version);
        }
    }

    /// Wants none of a version any more, because it cannot be had, until it is asked for again.
    ///
    /// @param instead what is wanted in its place, if that is another one
    synchronized void forget(PlaywrightVersion version, Optional<PlaywrightVersion> instead) {
        asks.removeIf(version::equals);
        instead.filter(other -> !other.equals(version)).ifPresent(this::startWith);
    }

    /// The version that was asked for last.
    synchronized Optional<PlaywrightVersion> latest() {
        return Optional.ofNullable(asks.peekFirst());
    }

    /// The first version of which there are too few, the one asked for last first.
    synchronized Optional<PlaywrightVersion> missing(Collection<PlaywrightVersion> waiting) {
        var have = counts(waiting);
        var wanted = counts(wanted());
        return wanted().stream()
                .filter(version -> have.getOrDefault(version, 0) < wanted.getOrDefault(version, 0))
                .findFirst();
    }

    /// A version of which one can be spared, if more wait than should.
    synchronized Optional<PlaywrightVersion> surplus(Collection<PlaywrightVersion> waiting) {
        if (waiting.size() <= warmBrowsers) {
            return Optional.empty();
        }
        var wanted = counts(wanted());
        return counts(waiting).entrySet().stream()
                .filter(entry -> entry.getValue() > wanted.getOrDefault(entry.getKey(), 0))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private List<PlaywrightVersion> wanted() {
        return asks.stream().limit(warmBrowsers).toList();
    }

    private static Map<PlaywrightVersion, Integer> counts(Collection<PlaywrightVersion> versions) {
        var counts = new TreeMap<PlaywrightVersion, Integer>();
        versions.forEach(version -> counts.merge(version, 1, Integer::sum));
        return counts;
    }
}
