package dev.greenroom.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.ListenSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StartBannerTest {
    @ParameterizedTest
    @CsvSource({"10.0.0.7, 10.0.0.7:8080", "2001:db8::7, [2001:db8::7]:8080"})
    void the_banner_names_the_bound_address_where_localhost_is_another_one(String bound, String authority) {
        var said = new ByteArrayOutputStream();
        var offer = offer(BrowserType.CHROMIUM);

        new StartBanner(new PrintStream(said, true, StandardCharsets.UTF_8))
                .ready(new ListenSettings(8080, bound), 8080, offer, false, Duration.ofSeconds(1));

        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains(
                        "connect     ws://" + authority + "\n",
                        "cdp         http://" + authority + ", ",
                        "dashboard   http://" + authority + "\n")
                .contains("chromium.connect('ws://" + authority + "')")
                .doesNotContain("localhost");
    }

    @Test
    void the_snippet_can_be_pasted_into_a_script() {
        var said = new ByteArrayOutputStream();

        new StartBanner(new PrintStream(said, true, StandardCharsets.UTF_8))
                .ready(
                        new ListenSettings(8080, "10.0.0.7"),
                        8080,
                        offer(BrowserType.FIREFOX),
                        true,
                        Duration.ofSeconds(1));

        assertThat(said.toString(StandardCharsets.UTF_8)).contains("""
                          const browser = await firefox.connect('ws://10.0.0.7:8080', {
                            headers: { Authorization: 'Bearer ' + process.env.GREENROOM_TOKEN },
                          });
                        """).doesNotContain("cdp ");
    }

    private static StartBanner.Offer offer(BrowserType type) {
        return new StartBanner.Offer(
                type,
                "Browser",
                Path.of("/browser"),
                new SupportedVersions.Any(),
                List.of(new PlaywrightVersion(1, 62)),
                true);
    }
}
