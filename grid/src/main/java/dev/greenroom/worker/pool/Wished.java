package dev.greenroom.worker.pool;

import dev.greenroom.session.Browser;
import dev.greenroom.session.Wishes;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchSpec.OnConnect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a client's wishes come to on a worker with certain browsers.
public sealed interface Wished {
    /// Any browser of this worker will do.
    record Usual() implements Wished {}

    /// A browser of its own kind has to be launched.
    record Special(LaunchSpec spec) implements Wished {}

    /// What of a client's wishes these browsers can be.
    ///
    /// @param ignored the names of the others, for people; safe in a header
    record Applicable(Wishes wishes, List<String> ignored) {}

    /// Compares the wishes with what the browsers of this worker are.
    ///
    /// @param usual how they are launched
    static Wished of(LaunchSpec usual, Wishes wishes) {
        var applicable = applicable(usual, wishes).wishes();
        return isSpecial(usual, applicable) ? new Special(special(usual, applicable)) : new Usual();
    }

    /// Leaves out what makes no sense for the browsers of this worker: Playwright's own server would ignore it, or use
    /// what it has.
    static Applicable applicable(LaunchSpec usual, Wishes wishes) {
        var ignored = new ArrayList<String>();
        var channel = wishes.channel().filter(wanted -> has(usual, wanted));
        if (channel.isEmpty()) {
            wishes.channel().ifPresent(missing -> ignored.add("channel " + missing));
        }
        var window = usual.headless() && !wishes.headless().orElse(true);
        if (window) {
            ignored.add("headless false");
        }
        var chromium = usual.type() == Browser.CHROMIUM;
        if (!chromium) {
            wishes.args().forEach(argument -> ignored.add("args " + argument.replaceFirst("=.*", "")));
        }
        var firefox = usual.type() == Browser.FIREFOX;
        if (!firefox && !wishes.firefoxUserPrefs().isEmpty()) {
            ignored.add("firefoxUserPrefs");
        }
        return new Applicable(
                new Wishes(
                        wishes.exposeNetwork(),
                        window ? Optional.empty() : wishes.headless(),
                        channel,
                        chromium ? wishes.args() : List.of(),
                        wishes.proxy(),
                        wishes.slowMotion(),
                        wishes.timeout(),
                        firefox ? wishes.firefoxUserPrefs() : Map.of()),
                List.copyOf(ignored));
    }

    /// The one name that Playwright has for a browser that is no branded one is its type's.
    private static boolean has(LaunchSpec usual, String channel) {
        return usual.channel().isPresent()
                ? usual.channel().get().equals(channel)
                : channel.equals(usual.type().wireName());
    }

    /// A limit on the time of a launch is met by a browser that is there.
    private static boolean isSpecial(LaunchSpec usual, Wishes wishes) {
        return wishes.exposeNetwork().isPresent()
                || wishes.headless().orElse(usual.headless()) != usual.headless()
                || !wishes.args().isEmpty()
                || wishes.proxy().isPresent()
                || !wishes.firefoxUserPrefs().isEmpty()
                || wishes.slowMotion().filter(pause -> !pause.isZero()).isPresent();
    }

    private static LaunchSpec special(LaunchSpec usual, Wishes wishes) {
        var args = new ArrayList<>(wishes.args());
        args.addAll(usual.args()); // of two that contradict each other the last one counts
        var timeout = wishes.timeout()
                .filter(limit -> limit.isPositive() && limit.compareTo(usual.timeout()) < 0)
                .orElse(usual.timeout());
        return new LaunchSpec(
                usual.type(),
                usual.executable(),
                usual.channel(),
                wishes.headless().orElse(usual.headless()),
                usual.sandbox(),
                args,
                timeout,
                false,
                Optional.of(new OnConnect(
                        wishes.exposeNetwork().isPresent(),
                        wishes.proxy(),
                        wishes.slowMotion().orElse(Duration.ZERO),
                        wishes.firefoxUserPrefs())));
    }
}
