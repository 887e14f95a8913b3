package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.RedisServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The rights of the users in the shipped `deploy/redis/greenroom.acl`.
@Tag("check")
class ShippedUsersIT {
    private static RedisServer redis;

    @BeforeAll
    static void start() {
        redis = RedisServer.start("--aclfile", RedisTest.shippedUsers().toString());
        asGrid("HSET worker:chromium:abc status available wsEndpoint ws://worker:3131/x lastHeartbeat 1");
        asGrid("HSET cluster:active_connections chromium:abc 3");
        asGrid("HSET cluster:lifetime_connections chromium:abc 17");
    }

    @AfterAll
    static void close() {
        redis.close();
    }

    private static String asGrid(String line) {
        return as("greenroom", "change-me", line);
    }

    private static String asOperator(String line) {
        return as("operator", "change-me-too", line);
    }

    private static String as(String user, String password, String line) {
        return redis.cli((("--user " + user + " --pass " + password + " --no-auth-warning ") + line).split(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PING", "KEYS *", "SET pwned 1", "HGETALL cluster:active_connections", "ACL WHOAMI"})
    void a_connection_without_a_password_is_refused_everything(String line) {
        assertThat(redis.cli(line.split(" "))).startsWith("NOAUTH");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            PING, PONG
            KEYS worker:chromium:*, worker:chromium:abc
            HGET worker:chromium:abc status, available
            HGET worker:chromium:abc wsEndpoint, ws://worker:3131/x
            TTL worker:chromium:abc, -1
            HGETALL cluster:active_connections, chromium:abc 3
            HGETALL cluster:lifetime_connections, chromium:abc 17
            ACL WHOAMI, operator
            """)
    void an_operator_reads_what_the_documents_read(String line, String answer) {
        assertThat(asOperator(line).replace('\n', ' ')).isEqualTo(answer);
    }

    @Test
    void an_operator_orders_a_worker_to_drain() {
        assertThat(asOperator("SET worker:cmd:chromium:abc shutdown EX 60")).isEqualTo("OK");
        assertThat(asGrid("GET worker:cmd:chromium:abc")).isEqualTo("shutdown");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET worker:chromium:abc 1",
                "SET grid:epoch 1",
                "DEL worker:chromium:abc",
                "HSET cluster:active_connections chromium:abc 0",
                "FLUSHALL",
                "CONFIG GET dir",
                "ACL SETUSER operator +@all",
                "SHUTDOWN NOSAVE",
                "MONITOR",
                "CLIENT LIST",
                "LCS worker:cmd:a worker:cmd:b LEN",
                "SORT_RO cluster:active_connections BY nosort",
                "SUNION grid:offers:chromium grid:offers:firefox",
                "SUBSCRIBE grid:turn:a"
            })
    void an_operator_changes_nothing_else_and_has_no_blocking_command(String line) {
        assertThat(asOperator(line)).startsWith("NOPERM");
    }
}
