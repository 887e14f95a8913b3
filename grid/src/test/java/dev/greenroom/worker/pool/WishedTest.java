package dev.greenroom.worker.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.Browser;
import dev.greenroom.session.Wishes;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchSpec.OnConnect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WishedTest {
    private static final LaunchSpec USUAL = spec(Browser.CHROMIUM, Optional.empty());

    @Test
    void nobody_without_wishes_needs_a_browser_of_its_own() {
        assertThat(Wished.of(USUAL, Wishes.NONE)).isInstanceOf(Wished.Usual.class);
    }

    @Test
    void a_wish_for_what_there_is_is_met_by_a_warm_browser() {
        var wishes = new Wishes(
                Optional.empty(),
                Optional.of(true),
                Optional.of("chromium"),
                List.of(),
                Optional.empty(),
                Optional.of(Duration.ZERO),
                Optional.of(Duration.ofSeconds(3)));

        assertThat(Wished.of(USUAL, wishes)).isInstanceOf(Wished.Usual.class);
    }

    @Test
    void other_wishes_change_what_they_are_about_and_nothing_else() {
        var proxy = new Wishes.Proxy("p:1", Optional.empty(), Optional.empty(), Optional.empty());
        var wishes = new Wishes(
                Optional.of("*"),
                Optional.empty(),
                Optional.empty(),
                List.of("--lang=de"),
                Optional.of(proxy),
                Optional.of(Duration.ofMillis(50)),
                Optional.of(Duration.ofHours(1)));

        assertThat(Wished.of(USUAL, wishes))
                .isEqualTo(new Wished.Special(new LaunchSpec(
                        Browser.CHROMIUM,
                        USUAL.executable(),
                        Optional.empty(),
                        true,
                        true,
                        List.of("--lang=de", "--operator"),
                        USUAL.timeout(),
                        Optional.of(new OnConnect(true, Optional.of(proxy), Duration.ofMillis(50))))));
    }

    @Test
    void what_a_worker_does_not_have_is_refused_by_name() {
        assertThat(Wished.of(USUAL, channel("chrome")))
                .isEqualTo(new Wished.Refused("channel", "this worker has no browser chrome"));
        assertThat(Wished.of(spec(Browser.CHROMIUM, Optional.of("chrome")), channel("chrome")))
                .isInstanceOf(Wished.Usual.class);
        assertThat(Wished.of(USUAL, with(Optional.of(false), List.of())))
                .isEqualTo(new Wished.Refused("headless", "the browsers of this worker have no window"));
        assertThat(Wished.of(spec(Browser.FIREFOX, Optional.empty()), with(Optional.empty(), List.of("--lang=de"))))
                .isInstanceOf(Wished.Refused.class);
    }

    private static Wishes channel(String name) {
        return new Wishes(
                Optional.empty(),
                Optional.empty(),
                Optional.of(name),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Wishes with(Optional<Boolean> headless, List<String> args) {
        return new Wishes(
                Optional.empty(),
                headless,
                Optional.empty(),
                args,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static LaunchSpec spec(Browser type, Optional<String> channel) {
        return new LaunchSpec(
                type, Path.of("/browser"), channel, true, true, List.of("--operator"), Duration.ofSeconds(30));
    }
}
