package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.greenroom.config.RedisSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.testkit.Canary;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RedisAccessTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    @Test
    void host_and_port_make_an_address() {
        var address = RedisAccess.address(
                new RedisSettings(
                        Optional.empty(),
                        Optional.of("redis"),
                        6380,
                        Optional.of("grid"),
                        Optional.of(new Secret("@" + Canary.secret("redis")))),
                TIMEOUT);

        assertThat(address)
                .returns("redis", RedisURI::getHost)
                .returns(6380, RedisURI::getPort)
                .returns(false, RedisURI::isSsl)
                .returns(TIMEOUT, RedisURI::getTimeout);
    }

    @Test
    void a_url_of_tls_checks_the_certificate() {
        var address = of("rediss://grid:" + Canary.secret("redis") + "@redis:6380");

        assertThat(address.isSsl()).isTrue();
        assertThat(address.isVerifyPeer()).isTrue();
    }

    @Test
    void a_url_of_sentinel_names_the_master_and_every_sentinel_has_the_deadline() {
        var address = of("redis-sentinel://one:26379,two:26379#grid");

        assertThat(address.getSentinelMasterId()).isEqualTo("grid");
        assertThat(address.getSentinels())
                .hasSize(2)
                .allSatisfy(sentinel -> assertThat(sentinel.getTimeout()).isEqualTo(TIMEOUT));
    }

    @Test
    void without_url_and_host_there_is_no_address() {
        var nothing = new RedisSettings(Optional.empty(), Optional.empty(), 6379, Optional.empty(), Optional.empty());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> RedisAccess.address(nothing, TIMEOUT))
                .withMessageContaining("REDIS_URL");
    }

    @Test
    void a_call_has_the_deadlines_of_the_registry_and_none_of_the_library_s_own() {
        var settings =
                new RedisSettings(Optional.empty(), Optional.of("127.0.0.1"), 1, Optional.empty(), Optional.empty());

        try (var access = RedisAccess.open(settings)) {
            assertThat(access.client().getOptions().getTimeoutOptions().isTimeoutCommands())
                    .isFalse();
        }
    }

    private static RedisURI of(String url) {
        return RedisAccess.address(
                new RedisSettings(
                        Optional.of(new Secret(url)), Optional.empty(), 6379, Optional.empty(), Optional.empty()),
                TIMEOUT);
    }
}
