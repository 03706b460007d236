# syntax=docker/dockerfile:1
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY comment_service comment_service
COPY migrations migrations
COPY models models
COPY deploy deploy
RUN deploy/build.sh /opt/comment-service

FROM python:3.13.9-slim-bookworm
COPY --from=build /opt/comment-service /opt/comment-service
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin comments \
  && install --directory --owner comments --group comments --mode 750 /data
USER 10001
ENV PATH=/opt/comment-service/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    COMMENTS_FOLDER=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=2 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["comment-service", "serve", "--host", "0.0.0.0", "--port", "8000"]
