package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.redis.RedisExamination.RedisServerInfo;
import org.junit.jupiter.api.Test;

final class RedisServerInfoTest {

    @Test
    void a_suitable_server_has_no_findings() {
        var facts = RedisServerInfo.of("""
                # Server\r
                redis_version:7.0.15\r
                role:master\r
                loading:0\r
                cluster_enabled:0\r
                maxmemory_policy:noeviction\r
                """);

        assertThat(facts.findings()).isEmpty();
        assertThat(facts.supportsScriptFlags()).isTrue();
    }

    @Test
    void every_problem_of_a_server_is_a_finding_with_its_remedy() {
        var facts = RedisServerInfo.of("redis_version:6.0.9\ncluster_enabled:1\nmaxmemory_policy:volatile-ttl\n");

        assertThat(facts.findings())
                .satisfiesExactly(
                        version -> assertThat(version).contains("6.0.9").contains("6.2 or newer"),
                        cluster -> assertThat(cluster).contains("cluster mode").contains("Sentinel"),
                        policy -> assertThat(policy).contains("volatile-ttl").contains("noeviction"));
        assertThat(facts.supportsScriptFlags()).isFalse();
    }

    @Test
    void a_replica_and_a_loading_server_are_recognised() {
        assertThat(RedisServerInfo.of("role:slave\n").replica()).isTrue();
        assertThat(RedisServerInfo.of("loading:1\n").loading()).isTrue();
    }
}
