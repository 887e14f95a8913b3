package dev.greenroom.trust;

import java.util.LinkedHashSet;

/// Tries that a worker has taken, so that it takes none twice. Keeps the last 100,000, far more than an
/// incarnation serves; whoever brings back an older one must have read the grid's own network. Safe for use
/// by many threads.
public final class ReplayGuard {
    static final int MAX = 100_000;

    private final LinkedHashSet<String> nonces = new LinkedHashSet<>();

    /// Takes a try.
    ///
    /// @return false when it was taken before
    public synchronized boolean take(GridSecret.Try attempt) {
        if (!nonces.add(attempt.nonce())) {
            return false;
        }
        if (nonces.size() > MAX) {
            nonces.removeFirst();
        }
        return true;
    }
}
