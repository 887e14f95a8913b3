package dev.greenroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdvertisedAddressTest {
    private final AdvertisedAddress address =
            new AdvertisedAddress(InetSocketAddress.createUnresolved("127.0.0.1", 6379));

    @Test
    void a_name_that_means_this_machine_alone_is_registered_as_it_is() {
        assertThat(address.advertised(Optional.of("localhost"))).isEqualTo("localhost");
    }

    @Test
    void without_a_name_and_with_an_unknown_one_it_is_the_address_used_towards_redis() {
        assertThat(address.advertised(Optional.empty())).isEqualTo("127.0.0.1");
        assertThat(address.advertised(Optional.of("no-such-worker.invalid"))).isEqualTo("127.0.0.1");
    }
}
