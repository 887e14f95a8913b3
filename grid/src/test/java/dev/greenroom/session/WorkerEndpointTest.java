package dev.greenroom.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WorkerEndpointTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.7,    ws://10.0.0.7:3131/path",
        "worker-1,    ws://worker-1:3131/path",
        "2001:db8::7, ws://[2001:db8::7]:3131/path"
    })
    void an_address_of_version_6_is_in_brackets_in_a_url_and_without_them_when_it_is_read(String host, String url) {
        var endpoint = new WorkerEndpoint(host, 3131, "/path");

        assertThat(endpoint.url()).isEqualTo(url);
        assertThat(WorkerEndpoint.of(url)).contains(endpoint);
    }
}
