package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.io.IOException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

final class RedisConnectFailureTest {

    @Test
    void FR17_every_cause_of_a_failed_connection_has_a_code() {
        assertThat(code(new SSLHandshakeException("PKIX path validation failed")))
                .isEqualTo("REDIS_TLS_FAILED");
        assertThat(code(new RedisCommandExecutionException("WRONGPASS invalid username-password pair")))
                .isEqualTo("REDIS_LOGIN_REFUSED");
        assertThat(code(new RedisCommandExecutionException("NOAUTH Authentication required.")))
                .isEqualTo("REDIS_LOGIN_REFUSED");
        assertThat(code(new RedisCommandExecutionException("NOPERM this user has no permissions")))
                .isEqualTo("REDIS_RIGHTS_MISSING");
        assertThat(code(new RedisCommandExecutionException("ERR max number of clients reached")))
                .isEqualTo("REDIS_FULL");
        assertThat(code(new IllegalStateException("this Redis is a replica"))).isEqualTo("REDIS_REPLICA");
        assertThat(code(new IOException("Connection refused"))).isEqualTo("REDIS_UNREACHABLE");
    }

    private static String code(Throwable cause) {
        return RedisConnectFailure.of(new RedisConnectionException("Unable to connect", cause))
                .code();
    }
}
