package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.LaunchedBrowser;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The browsers that wait for a session, and the one that is about to.
final class WarmShelf {
    private final List<LaunchedBrowser> waiting = new ArrayList<>();
    private @Nullable Promise promise;
    private boolean closed;

    /// What a session finds on the shelf.
    sealed interface Claim {
        record Ready(LaunchedBrowser browser) implements Claim {}

        /// One is being launched, and is nobody else's.
        ///
        /// @param browser empty when its launch failed
        record Promised(CompletableFuture<Optional<LaunchedBrowser>> browser) implements Claim {}

        record Nothing() implements Claim {}
    }

    private record Promise(PlaywrightVersion version, CompletableFuture<Optional<LaunchedBrowser>> claimed) {}

    /// Takes a browser of a version off the shelf, oldest first; else claims the one being launched.
    synchronized Claim claim(PlaywrightVersion version) {
        var found = removeFirst(browser -> browser.version().equals(version) && browser.alive());
        if (found.isPresent()) {
            return new Claim.Ready(found.get());
        }
        var coming = promise;
        if (coming != null && coming.version().equals(version)) {
            promise = null;
            return new Claim.Promised(coming.claimed());
        }
        return new Claim.Nothing();
    }

    /// Says that one is being launched. Answers the future through which a session that claims it gets it.
    synchronized CompletableFuture<Optional<LaunchedBrowser>> promise(PlaywrightVersion version) {
        var fresh = new Promise(version, new CompletableFuture<>());
        promise = fresh;
        return fresh.claimed();
    }

    /// Ends the promise, of which there is one at a time: true when nobody claimed it, so that the browser goes onto
    /// the shelf.
    synchronized boolean withdraw() {
        var unclaimed = promise != null;
        promise = null;
        return unclaimed;
    }

    /// Puts a browser onto the shelf; on a closed one it is destroyed.
    synchronized void put(LaunchedBrowser browser) {
        if (closed) {
            browser.close();
        } else {
            waiting.add(browser);
        }
    }

    /// Takes a certain browser off the shelf; false when it was not there.
    synchronized boolean remove(LaunchedBrowser browser) {
        return waiting.remove(browser);
    }

    /// Takes the oldest of a version off the shelf.
    synchronized Optional<LaunchedBrowser> removeOne(PlaywrightVersion version) {
        return removeFirst(browser -> browser.version().equals(version));
    }

    private Optional<LaunchedBrowser> removeFirst(Predicate<LaunchedBrowser> condition) {
        for (Iterator<LaunchedBrowser> all = waiting.iterator(); all.hasNext(); ) {
            var browser = all.next();
            if (condition.test(browser)) {
                all.remove();
                return Optional.of(browser);
            }
        }
        return Optional.empty();
    }

    /// The versions of the browsers that wait, one entry for each browser.
    synchronized List<PlaywrightVersion> versions() {
        return waiting.stream().map(LaunchedBrowser::version).toList();
    }

    synchronized int size() {
        return waiting.size();
    }

    /// Destroys what waits, and what will be put.
    synchronized void close() {
        closed = true;
        waiting.forEach(LaunchedBrowser::close);
        waiting.clear();
    }
}
