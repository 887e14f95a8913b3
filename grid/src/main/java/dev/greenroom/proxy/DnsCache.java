package dev.greenroom.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/// Resolves the host names of workers, also while DNS is slow or down: concurrent requests for a name
/// share one lookup, a request waits for a second at most, and the last good answer counts for a
/// minute. Lookups run on a bounded number of threads. Thread-safe.
final class DnsCache implements AutoCloseable {
    /// How long a caller waits for a lookup.
    static final Duration LOOKUP_TIMEOUT = Duration.ofSeconds(1);

    /// How long an answer is used while lookups fail.
    static final Duration MAX_AGE = Duration.ofSeconds(60);

    /// The most lookups at a time; further ones wait in a queue.
    private static final int THREADS = 16;

    private static final int MAX_QUEUED = 1_024;
    private static final int MAX_CACHED = 4_096;

    private final Lookup lookup;
    private final LongSupplier nanoTime;
    private final ConcurrentHashMap<String, CompletableFuture<List<InetAddress>>> pending = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, CachedAddresses> answers = new ConcurrentHashMap<>();
    private final ExecutorService threads;

    /// The system's resolver, or a fake one in tests.
    interface Lookup {
        /// All addresses of a name. May block for any time.
        List<InetAddress> addresses(String name) throws UnknownHostException;
    }

    private record CachedAddresses(List<InetAddress> addresses, long atNanos) {}

    DnsCache(Lookup lookup, LongSupplier nanoTime) {
        this.lookup = lookup;
        this.nanoTime = nanoTime;
        // Platform threads: a lookup blocks in native code, where a virtual thread would pin its carrier.
        var pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                MAX_AGE.toSeconds(),
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_QUEUED),
                Thread.ofPlatform().daemon().name("resolve-", 0).factory());
        pool.allowCoreThreadTimeOut(true);
        this.threads = pool;
    }

    /// The addresses of a name: the current ones, or else the last ones if they are not older than a
    /// minute.
    ///
    /// @return empty if neither is known
    List<InetAddress> resolve(String name) throws InterruptedException {
        if (isLiteral(name)) {
            return literal(name);
        }
        try {
            var found = lookUp(name).get(LOOKUP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            return found.isEmpty() ? lastGood(name) : found;
        } catch (TimeoutException _) {
            return lastGood(name);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a lookup failed unexpectedly", e);
        }
    }

    /// Whether the name is an IP address, which needs no lookup.
    private static boolean isLiteral(String name) {
        return name.indexOf(':') >= 0 || name.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }

    private List<InetAddress> literal(String address) {
        try {
            return lookup.addresses(address);
        } catch (UnknownHostException _) {
            return List.of();
        }
    }

    private CompletableFuture<List<InetAddress>> lookUp(String name) {
        var own = new CompletableFuture<List<InetAddress>>();
        var other = pending.putIfAbsent(name, own);
        if (other != null) {
            return other;
        }
        try {
            threads.execute(() -> answer(name, own));
        } catch (RejectedExecutionException _) {
            pending.remove(name, own);
            own.complete(List.of());
        }
        return own;
    }

    private void answer(String name, CompletableFuture<List<InetAddress>> asked) {
        List<InetAddress> found = List.of();
        try {
            found = lookup.addresses(name);
            remember(name, found);
        } catch (UnknownHostException _) {
            // Callers get the last good answer.
        } finally {
            pending.remove(name, asked);
            asked.complete(found);
        }
    }

    private void remember(String name, List<InetAddress> found) {
        if (answers.size() >= MAX_CACHED) {
            answers.values().removeIf(this::isExpired);
        }
        if (!found.isEmpty() && answers.size() < MAX_CACHED) {
            answers.put(name, new CachedAddresses(found, nanoTime.getAsLong()));
        }
    }

    private List<InetAddress> lastGood(String name) {
        var last = answers.get(name);
        return last == null || isExpired(last) ? List.of() : last.addresses();
    }

    private boolean isExpired(CachedAddresses answer) {
        return nanoTime.getAsLong() - answer.atNanos() > MAX_AGE.toNanos();
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
