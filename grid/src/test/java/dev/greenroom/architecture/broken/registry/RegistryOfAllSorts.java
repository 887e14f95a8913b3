package dev.greenroom.architecture.broken.registry;

import dev.greenroom.architecture.broken.cli.Command;
import io.lettuce.core.RedisClient;
import io.netty.channel.Channel;

record RegistryOfAllSorts(RedisClient client, Channel channel, Command command) {
    record Metric(String namesake) {}
}
