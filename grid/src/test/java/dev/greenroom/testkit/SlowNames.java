package dev.greenroom.testkit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolver.LookupPolicy;
import java.net.spi.InetAddressResolverProvider;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// Resolves names as the system does, except for those of two domains: the ones of the first nobody knows,
/// which takes 5 s to say; the others have two addresses, and at the first of them nobody is.
public final class SlowNames extends InetAddressResolverProvider {
    /// The domain whose names are slow.
    public static final String DOMAIN = "slow.invalid";

    /// The domain whose names have two addresses.
    public static final String TWICE = "twice.invalid";

    private static final long SECONDS = 5;
    private static final AtomicInteger ASKED = new AtomicInteger();
    private static volatile CountDownLatch answer = new CountDownLatch(1);

    /// How often a slow name was looked up.
    public static int timesAsked() {
        return ASKED.get();
    }

    /// Ends the lookups that are under way.
    public static void answer() {
        var ended = answer;
        answer = new CountDownLatch(1);
        ended.countDown();
    }

    @Override
    public InetAddressResolver get(Configuration configuration) {
        var system = configuration.builtinResolver();
        return new InetAddressResolver() {
            @Override
            public Stream<InetAddress> lookupByName(String host, LookupPolicy policy) throws UnknownHostException {
                if (host.endsWith(TWICE)) {
                    return Stream.of(loopback(9), loopback(1));
                }
                return host.endsWith(DOMAIN) ? slowly(host) : system.lookupByName(host, policy);
            }

            @Override
            public String lookupByAddress(byte[] address) throws UnknownHostException {
                return system.lookupByAddress(address);
            }
        };
    }

    private static InetAddress loopback(int last) throws UnknownHostException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
    }

    private static Stream<InetAddress> slowly(String host) throws UnknownHostException {
        ASKED.incrementAndGet();
        try {
            var _ = answer.await(SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        throw new UnknownHostException(host);
    }

    @Override
    public String name() {
        return "slow names";
    }
}
