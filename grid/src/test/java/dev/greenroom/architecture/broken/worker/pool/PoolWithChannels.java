package dev.greenroom.architecture.broken.worker.pool;

import io.netty.channel.Channel;

record PoolWithChannels(Channel channel) {}
