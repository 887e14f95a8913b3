package dev.greenroom.worker.pool;

import dev.greenroom.session.Browser;
import dev.greenroom.session.Wishes;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchSpec.OnConnect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;

/// What a client's wishes come to on a worker with certain browsers.
sealed interface Wished {
    /// Any browser of this worker will do.
    record Usual() implements Wished {}

    /// A browser of its own kind has to be launched.
    record Special(LaunchSpec spec) implements Wished {}

    /// This worker cannot grant one.
    ///
    /// @param option its name
    /// @param why one sentence
    record Refused(String option, String why) implements Wished {}

    /// Compares the wishes with what the browsers of this worker are.
    ///
    /// @param usual how they are launched
    static Wished of(LaunchSpec usual, Wishes wishes) {
        var channel = wishes.channel().filter(wanted -> !has(usual, wanted));
        if (channel.isPresent()) {
            return new Refused("channel", "this worker has no browser " + channel.get());
        }
        if (usual.headless() && !wishes.headless().orElse(true)) {
            return new Refused("headless", "the browsers of this worker have no window");
        }
        if (usual.type() != Browser.CHROMIUM && !wishes.args().isEmpty()) {
            return new Refused("args", "clients may choose arguments of chromium only");
        }
        return isSpecial(usual, wishes) ? new Special(special(usual, wishes)) : new Usual();
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
                Optional.of(new OnConnect(
                        wishes.exposeNetwork().isPresent(),
                        wishes.proxy(),
                        wishes.slowMotion().orElse(Duration.ZERO))));
    }
}
