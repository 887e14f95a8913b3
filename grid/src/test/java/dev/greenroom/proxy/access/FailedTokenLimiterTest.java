package dev.greenroom.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class FailedTokenLimiterTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress THERE = InetAddress.ofLiteral("192.0.2.2");

    private long now = Long.MAX_VALUE - 5;
    private final FailedTokenLimiter attempts = new FailedTokenLimiter(() -> now);

    @Test
    void ten_wrong_tokens_are_counted_and_then_one_every_six_seconds() {
        assertThat(failures(HERE, FailedTokenLimiter.BURST)).containsOnly(OptionalInt.empty());
        assertThat(failures(HERE, 3)).as("what is over is not counted").containsOnly(OptionalInt.of(7));
        assertThat(attempts.failed(THERE)).isEmpty();

        now += Duration.ofSeconds(6).toNanos();
        assertThat(failures(HERE, 2)).containsExactly(OptionalInt.empty(), OptionalInt.of(7));

        now += Duration.ofMinutes(1).toNanos();
        assertThat(failures(HERE, FailedTokenLimiter.BURST)).containsOnly(OptionalInt.empty());
    }

    @Test
    void an_ipv6_network_counts_as_one_address() {
        failures(InetAddress.ofLiteral("2001:db8:0:1::1"), FailedTokenLimiter.BURST);

        assertThat(attempts.failed(InetAddress.ofLiteral("2001:db8:0:1:ffff::9")))
                .isPresent();
        assertThat(attempts.failed(InetAddress.ofLiteral("2001:db8:0:2::1"))).isEmpty();
    }

    @Test
    void the_least_recently_used_addresses_are_evicted() {
        failures(HERE, FailedTokenLimiter.BURST);

        for (var n = 0; n < FailedTokenLimiter.MAX_ADDRESSES; n++) {
            attempts.failed(InetAddress.ofLiteral("10." + (n >> 16) + "." + ((n >> 8) & 255) + "." + (n & 255)));
        }

        assertThat(attempts.failed(HERE)).isEmpty();
    }

    private List<OptionalInt> failures(InetAddress remote, int times) {
        return IntStream.range(0, times).mapToObj(_ -> attempts.failed(remote)).toList();
    }
}
