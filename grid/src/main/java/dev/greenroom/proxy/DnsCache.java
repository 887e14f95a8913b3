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

/// Knows the addresses behind workers' names, although the name service may be slow, silent or wrong for a
/// while. A name is looked up once however many ask, on threads of which there are few, and nobody waits
/// longer than a second. Safe for use by many threads.
final class DnsCache implements AutoCloseable {
    /// How long one caller waits.
    static final Duration PATIENCE = Duration.ofSeconds(1);

    /// How long an answer stands in for those that do not come.
    static final Duration LAST_GOOD = Duration.ofSeconds(60);

    /// Lookups that hang are as many as this at most; those after them wait in a line of as many names.
    private static final int THREADS = 16;

    private static final int LINE = 1_024;
    private static final int MANY = 4_096;

    private final Lookup lookup;
    private final LongSupplier nanoTime;
    private final ConcurrentHashMap<String, CompletableFuture<List<InetAddress>>> underWay = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, CachedAddresses> good = new ConcurrentHashMap<>();
    private final ExecutorService threads;

    /// The name service.
    interface Lookup {
        /// All addresses of a name. Blocks as long as it likes.
        List<InetAddress> addresses(String name) throws UnknownHostException;
    }

    private record CachedAddresses(List<InetAddress> addresses, long atNanos) {}

    DnsCache(Lookup lookup, LongSupplier nanoTime) {
        this.lookup = lookup;
        this.nanoTime = nanoTime;
        // Platform threads: a lookup blocks in native code, where a virtual thread would hold up others.
        var pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                LAST_GOOD.toSeconds(),
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(LINE),
                Thread.ofPlatform().daemon().name("resolve-", 0).factory());
        pool.allowCoreThreadTimeOut(true);
        this.threads = pool;
    }

    /// The addresses of a name, or the last ones that are known, not older than a minute; none when there
    /// are neither.
    List<InetAddress> resolve(String name) throws InterruptedException {
        if (isLiteral(name)) {
            return literal(name);
        }
        try {
            var found = lookUp(name).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return found.isEmpty() ? lastGood(name) : found;
        } catch (TimeoutException _) {
            return lastGood(name);
        } catch (ExecutionException e) {
            throw new IllegalStateException("resolving a name failed in a way that it must not", e);
        }
    }

    /// Whether there is nothing to look up.
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
        var other = underWay.putIfAbsent(name, own);
        if (other != null) {
            return other;
        }
        try {
            threads.execute(() -> answer(name, own));
        } catch (RejectedExecutionException _) {
            underWay.remove(name, own);
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
            // Whoever asked is told of the last good answer.
        } finally {
            underWay.remove(name, asked);
            asked.complete(found);
        }
    }

    private void remember(String name, List<InetAddress> found) {
        if (good.size() >= MANY) {
            good.values().removeIf(this::isOld);
        }
        if (!found.isEmpty() && good.size() < MANY) {
            good.put(name, new CachedAddresses(found, nanoTime.getAsLong()));
        }
    }

    private List<InetAddress> lastGood(String name) {
        var last = good.get(name);
        return last == null || isOld(last) ? List.of() : last.addresses();
    }

    private boolean isOld(CachedAddresses answer) {
        return nanoTime.getAsLong() - answer.atNanos() > LAST_GOOD.toNanos();
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
