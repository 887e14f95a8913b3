package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Decides which versions are kept warm: those of the latest requests, as often as they were requested.
/// With two warm browsers and clients of one version both are of that version; with clients of two versions
/// in turn there is one of each.
final class VersionDemand {
    private final int most;
    private int warmBrowsers;
    private final Deque<PlaywrightVersion> asks = new ArrayDeque<>();

    VersionDemand(int warmBrowsers) {
        this.most = warmBrowsers;
        this.warmBrowsers = warmBrowsers;
    }

    /// Sets the number of warm browsers from now on.
    synchronized void limit(int atMost) {
        warmBrowsers = atMost;
    }

    /// Records that a client requested a version and got it.
    synchronized void asked(PlaywrightVersion version) {
        asks.addFirst(version);
        while (asks.size() > Math.max(1, most)) {
            asks.removeLast();
        }
    }

    /// Assumes a version for all requests that have not been made yet.
    synchronized void startWith(PlaywrightVersion version) {
        while (asks.size() < Math.max(1, most)) {
            asks.addLast(version);
        }
    }

    /// Drops a version that is unavailable until it is requested again.
    ///
    /// @param instead the version in its place, if that is another one
    synchronized void forget(PlaywrightVersion version, Optional<PlaywrightVersion> instead) {
        asks.removeIf(version::equals);
        instead.filter(other -> !other.equals(version)).ifPresent(this::startWith);
    }

    /// The version that was requested last.
    synchronized Optional<PlaywrightVersion> latest() {
        return Optional.ofNullable(asks.peekFirst());
    }

    /// The first version with too few browsers; the one requested last comes first.
    synchronized Optional<PlaywrightVersion> missing(Collection<PlaywrightVersion> waiting) {
        var have = counts(waiting);
        var wanted = counts(wanted());
        return wanted().stream()
                .filter(version -> have.getOrDefault(version, 0) < wanted.getOrDefault(version, 0))
                .findFirst();
    }

    /// A version with too many browsers, if more wait than wanted.
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
