package dev.greenroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdvertisedAddressTest {
    private final AdvertisedAddress address =
            new AdvertisedAddress(InetSocketAddress.createUnresolved("127.0.0.1", 6379));

    @Test
    void a_name_that_resolves_to_this_machine_alone_is_registered_unchanged() {
        assertThat(address.advertised(Optional.of("localhost"))).isEqualTo("localhost");
    }

    @Test
    void without_a_known_name_the_local_address_towards_redis_is_registered() {
        assertThat(address.advertised(Optional.empty())).isEqualTo("127.0.0.1");
        assertThat(address.advertised(Optional.of("no-such-worker.invalid"))).isEqualTo("127.0.0.1");
    }
}
