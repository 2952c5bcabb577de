# An image with the three commands. docker build -t qconvert . && docker run --rm --user "$(id -u)" -v "$PWD:/work" qconvert model.onnx
FROM debian:12 AS build
WORKDIR /source
COPY . .
# The build fetches packages by name and checks their hashes; the folders it fetches into stay in this stage.
RUN scripts/setup package \
    && cmake --preset release -DQCONVERT_TESTS=OFF \
    && cmake --build build \
    && cpack --config build/CPackConfig.cmake -B /package

FROM debian:12-slim
COPY --from=build /package/*.deb /tmp/package/
# The package names the Debian libraries that it needs, and apt fetches these.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends /tmp/package/*.deb \
    && rm -rf /var/lib/apt/lists/* /tmp/package
WORKDIR /work
ENTRYPOINT ["qconvert"]
