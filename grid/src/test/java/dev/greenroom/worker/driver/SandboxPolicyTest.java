package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class SandboxPolicyTest {
    @Test
    void a_service_on_this_machine_is_closed_at_every_address_of_it() {
        var redis = InetSocketAddress.createUnresolved("127.0.0.1", 6379);

        var policy = SandboxPolicy.metadataAnd(List.of(redis));

        assertThat(policy.ownPorts()).containsExactly(6379);
        assertThat(policy.blockedEndpoints()).isEmpty();
    }

    @Test
    void a_service_elsewhere_is_closed_at_its_address() {
        var redis = InetSocketAddress.createUnresolved("192.0.2.7", 6379);

        var policy = SandboxPolicy.metadataAnd(List.of(redis));

        assertThat(policy.blockedEndpoints()).containsExactly(new SandboxPolicy.ServerAddress("192.0.2.7", 6379));
    }

    @Test
    void a_name_that_nobody_knows_closes_nothing() {
        var nowhere = InetSocketAddress.createUnresolved("no-such-host.invalid", 6379);

        assertThat(SandboxPolicy.metadataAnd(List.of(nowhere)).blockedEndpoints())
                .isEmpty();
    }

    @Test
    void metadata_addresses_are_always_closed() {
        assertThat(SandboxPolicy.metadataAnd(List.of()).blockedSubnets()).contains("169.254.0.0/16", "fd00:ec2::/32");
    }
}
