package dev.greenroom.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.TokenList.AccessToken;
import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.config.TokenList.AccessToken.TokenLimits;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FailedTokenLimiterTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress THERE = InetAddress.ofLiteral("192.0.2.2");
    private static final AccessToken TOKEN = new AccessToken("ci", "00", TokenLimits.NONE, Set.of(Scope.CONNECT));

    private long now = Long.MAX_VALUE - 5;
    private final FailedTokenLimiter attempts = new FailedTokenLimiter(() -> now);

    @Test
    void ten_wrong_tokens_are_checked_and_then_one_every_six_seconds() {
        fail(HERE, FailedTokenLimiter.BURST - 1);
        assertThat(attempts.blocked(HERE)).isEmpty();

        fail(HERE, 1);
        assertThat(attempts.blocked(HERE)).hasValue(7);
        assertThat(attempts.blocked(THERE)).isEmpty();

        now += Duration.ofSeconds(6).toNanos();
        assertThat(attempts.blocked(HERE)).isEmpty();
        fail(HERE, 1);
        assertThat(attempts.blocked(HERE)).isPresent();

        now += Duration.ofMinutes(1).toNanos();
        fail(HERE, FailedTokenLimiter.BURST - 1);
        assertThat(attempts.blocked(HERE)).isEmpty();
    }

    @Test
    void an_ipv6_network_counts_as_one_address() {
        fail(InetAddress.ofLiteral("2001:db8:0:1::1"), FailedTokenLimiter.BURST);

        assertThat(attempts.blocked(InetAddress.ofLiteral("2001:db8:0:1:ffff::9")))
                .isPresent();
        assertThat(attempts.blocked(InetAddress.ofLiteral("2001:db8:0:2::1"))).isEmpty();
    }

    @Test
    void a_token_that_was_valid_before_stays_known_for_its_address() {
        attempts.succeeded(HERE, TOKEN);
        fail(HERE, FailedTokenLimiter.BURST);

        assertThat(attempts.isKnown(HERE, TOKEN)).isTrue();
        assertThat(attempts.isKnown(THERE, TOKEN)).isFalse();
    }

    @Test
    void the_least_recently_used_addresses_are_evicted() {
        fail(HERE, FailedTokenLimiter.BURST);

        for (var n = 0; n < FailedTokenLimiter.MAX_ADDRESSES; n++) {
            fail(InetAddress.ofLiteral("10." + (n >> 16) + "." + ((n >> 8) & 255) + "." + (n & 255)), 1);
        }

        assertThat(attempts.blocked(HERE)).isEmpty();
    }

    private void fail(InetAddress remote, int times) {
        for (var n = 0; n < times; n++) {
            attempts.failed(remote);
        }
    }
}
